using Hub.Domain;
using Hub.Web.Shell;

namespace Hub.Web.Api;

/// <summary>An outcome as HTTP: a value, or problem details (RFC 9457) in the reader's language.</summary>
internal static class Answers
{
    /// <summary>200 with the value, or the refusal.</summary>
    public static IResult Answer<T>(this Outcome<T> outcome, HttpContext http) => outcome.Answer(http, v => Results.Ok(v));

    /// <summary>What <paramref name="made"/> makes of the value, or the refusal.</summary>
    public static IResult Answer<T>(this Outcome<T> outcome, HttpContext http, Func<T, IResult> made) =>
        outcome.Refusal is { } refusal ? Refused(http, refusal) : made(outcome.Value);

    public static IResult Refused(HttpContext http, Refusal refusal)
    {
        var words = http.RequestServices.GetRequiredService<Refusals>();
        var extensions = new Dictionary<string, object?>(StringComparer.Ordinal) { ["code"] = refusal.Code };
        if (refusal.Fields.Count > 0) extensions["errors"] = refusal.Fields.ToDictionary(f => f.Key, f => new[] { words.Text(f.Value, refusal.Args) }, StringComparer.Ordinal);
        if (refusal.Current is not null) extensions["current"] = refusal.Current;
        if (refusal.Kind == RefusalKind.Away) http.Response.Headers.RetryAfter = "5";
        return Results.Problem(title: words.Text(refusal), statusCode: Status(refusal.Kind), extensions: extensions);
    }

    public static IResult Problem(HttpContext http, int status, string code, params object[] args) =>
        Results.Problem(title: http.RequestServices.GetRequiredService<Refusals>().Text(code, args), statusCode: status,
            extensions: new Dictionary<string, object?>(StringComparer.Ordinal) { ["code"] = code });

    /// <summary>False for a word of a query that is none of <typeparamref name="T"/>'s, in whatever case; a missing one is null.</summary>
    public static bool TryWord<T>(string? word, out T? value)
        where T : struct, Enum
    {
        var known = Enum.TryParse<T>(word, ignoreCase: true, out var found) && Enum.IsDefined(found) && !char.IsDigit(word![0]);
        value = known ? found : null;
        return known || string.IsNullOrEmpty(word);
    }

    private static int Status(RefusalKind kind) => kind switch
    {
        RefusalKind.NotFound => StatusCodes.Status404NotFound,
        RefusalKind.Forbidden => StatusCodes.Status403Forbidden,
        RefusalKind.Stale or RefusalKind.Conflict => StatusCodes.Status409Conflict,
        RefusalKind.TooLarge => StatusCodes.Status413PayloadTooLarge,
        RefusalKind.Away => StatusCodes.Status503ServiceUnavailable,
        _ => StatusCodes.Status422UnprocessableEntity,
    };
}
