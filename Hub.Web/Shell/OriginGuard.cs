namespace Hub.Web.Shell;

/// <summary>A page elsewhere must not open a live connection with somebody's cookies: a foreign Origin is refused on sockets.</summary>
internal sealed class OriginGuard(RequestDelegate next)
{
    public Task InvokeAsync(HttpContext http)
    {
        var live = http.Request.Path.StartsWithSegments("/_blazor") || http.Request.Path.StartsWithSegments("/hubs");
        var origin = http.Request.Headers.Origin.ToString();
        if (!live || origin.Length == 0 || (Uri.TryCreate(origin, UriKind.Absolute, out var uri) && uri.Authority == http.Request.Host.Value))
            return next(http);
        http.Response.StatusCode = StatusCodes.Status403Forbidden;
        return Task.CompletedTask;
    }
}
