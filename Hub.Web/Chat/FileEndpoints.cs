using Hub.Domain;
using Hub.Domain.Chat;
using Hub.Web.Api;
using Hub.Web.Shell;
using Hub.Web.SignIn;
using Microsoft.AspNetCore.Mvc;
using Microsoft.Net.Http.Headers;

namespace Hub.Web.Chat;

/// <summary>A file that is going to be uploaded; length in bytes.</summary>
internal sealed record UploadBody(string? Name, long? Length);

/// <summary>Files of conversations: in one go, or in parts that go on where they stopped.</summary>
internal static class FileEndpoints
{
    // What a request may have beside the file's bytes before Kestrel refuses it without words.
    private const int Margin = 64 * 1024;

    public static void MapFiles(this RouteGroupBuilder api)
    {
        var most = ((IEndpointRouteBuilder)api).ServiceProvider.GetRequiredService<FileService>().MostBytes + Margin;
        var conversations = api.MapGroup("/conversations").WithTags("Files").NeedsScope("chat");
        conversations.MapPost("/{id:guid}/files", UploadAsync).WithMetadata(new RequestSizeLimitAttribute(most)).Produces<FileCard>(StatusCodes.Status201Created);
        conversations.MapPost("/{id:guid}/uploads", async (Caller caller, HttpContext http, FileService service, Guid id, UploadBody body) =>
            (await service.BeginAsync(caller.Actor, id, body.Name ?? "", body.Length ?? 0)).Answer(http, u => Results.Created($"/api/v1/uploads/{u.Id}", u)))
            .Produces<FileUpload>(StatusCodes.Status201Created);

        var uploads = api.MapGroup("/uploads").WithTags("Files").NeedsScope("chat");
        uploads.MapGet("/{id:guid}", async (Caller caller, HttpContext http, FileService service, Guid id) =>
            (await service.ProgressAsync(caller.Actor, id)).Answer(http)).Produces<FileUpload>();
        uploads.MapPut("/{id:guid}", async (Caller caller, HttpContext http, FileService service, Guid id, long? offset, CancellationToken ct) =>
            (await service.AppendAsync(caller.Actor, id, offset ?? 0, http.Request.Body, ct)).Answer(http)).WithMetadata(new RequestSizeLimitAttribute(most)).Produces<FileUpload>();

        var files = api.MapGroup("/files").WithTags("Files").NeedsScope("chat").WithSecurityHeadersPolicy(Headers.Uploaded);
        files.MapGet("/{id:guid}", async (Caller caller, HttpContext http, FileService service, Guid id, bool? download, CancellationToken ct) =>
            (await service.OpenAsync(caller.Actor, id, ct)).Answer(http, f => Give(http, f, f.Inline && download != true))).Produces(StatusCodes.Status200OK, contentType: "application/octet-stream");
        files.MapGet("/{id:guid}/thumbnail", async (Caller caller, HttpContext http, FileService service, Guid id, CancellationToken ct) =>
            (await service.ThumbnailAsync(caller.Actor, id, ct)).Answer(http, f => Give(http, f, true))).Produces(StatusCodes.Status200OK, contentType: "image/webp");
        files.MapDelete("/{id:guid}", async (Caller caller, HttpContext http, FileService service, Guid id) =>
            (await service.RemoveAsync(caller.Actor, id)).Answer(http, _ => Results.NoContent()));
    }

    private static async Task<IResult> UploadAsync(Caller caller, HttpContext http, FileService service, Guid id, string? name, CancellationToken ct)
    {
        // Announced too large: said in words before Kestrel would count.
        var length = http.Request.ContentLength;
        if (length > service.MostBytes) return Answers.Refused(http, new Refusal(RefusalKind.TooLarge, "file.tooLarge", service.MostBytes / 1_000_000));
        return (await service.UploadAsync(caller.Actor, id, name ?? "", http.Request.Body, length, ct)).Answer(http, f => Results.Created($"/api/v1/files/{f.Id}", f));
    }

    // Kept by the browser, but asked for each time: the answer is 304 only to whoever may still see it.
    private static IResult Give(HttpContext http, OpenedFile file, bool inline)
    {
        var how = new ContentDispositionHeaderValue(inline ? "inline" : "attachment");
        how.SetHttpFileName(file.Card.Name);
        http.Response.Headers.ContentDisposition = how.ToString();
        http.Response.Headers.CacheControl = "private, no-cache";
        var type = file.Card.ContentType == "text/plain" ? "text/plain; charset=utf-8" : file.Card.ContentType;
        return Results.Stream(file.Content, type, lastModified: new DateTimeOffset(file.StoredAt), entityTag: new EntityTagHeaderValue($"\"{file.Hash}\""), enableRangeProcessing: true);
    }
}
