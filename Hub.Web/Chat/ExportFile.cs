using System.IO.Pipelines;
using System.Text.Json;
using Hub.Domain.Chat;
using Microsoft.AspNetCore.Http.Json;
using Microsoft.Extensions.Options;

namespace Hub.Web.Chat;

/// <summary>An export as a file: JSON, or the readable page. Written as its messages are read, never whole in memory.</summary>
internal sealed class ExportFile(ConversationRecord conversation, ExportPage? page) : IResult
{
    private const int Held = 16 * 1024;

    public async Task ExecuteAsync(HttpContext httpContext)
    {
        var (answer, ct) = (httpContext.Response, httpContext.RequestAborted);
        answer.ContentType = page is null ? "application/json; charset=utf-8" : "text/html; charset=utf-8";
        answer.Headers.ContentDisposition = $"attachment; filename=\"conversation-{conversation.Export.ConversationId}.{(page is null ? "json" : "html")}\"";
        answer.Headers.CacheControl = "no-store";
        // The page has a style of its own and nothing else, wherever it is opened.
        if (page is not null) answer.Headers.ContentSecurityPolicy = "default-src 'none'; style-src 'unsafe-inline'; sandbox";
        if (page is not null) await page.WriteAsync(conversation, answer.Body, ct);
        else await WriteAsync(answer.BodyWriter, httpContext.RequestServices.GetRequiredService<IOptions<JsonOptions>>().Value.SerializerOptions, ct);
    }

    // Kestrel takes nothing synchronously, and the serialiser flushes its writer: into the answer's own buffer, which is sent a piece at a time.
    private async Task WriteAsync(PipeWriter body, JsonSerializerOptions json, CancellationToken ct)
    {
        await using var writer = new Utf8JsonWriter(body, new JsonWriterOptions { Indented = true });
        var sent = 0L;
        writer.WriteStartObject();
        Put("export", conversation.Export);
        Put("conversation", conversation.Conversation);
        Put("kind", conversation.Kind);
        Put("topic", conversation.Topic);
        Put("marking", conversation.Marking);
        Put("organisation", conversation.Organisation);
        Put("removedDays", conversation.RemovedDays);
        Put("members", conversation.Members);
        Put("holds", conversation.Holds);
        writer.WriteStartArray("messages");
        await foreach (var message in conversation.Messages.WithCancellation(ct))
        {
            JsonSerializer.Serialize(writer, message, json);
            if (writer.BytesCommitted - sent < Held) continue;
            sent = writer.BytesCommitted;
            await body.FlushAsync(ct);
        }
        writer.WriteEndArray();
        writer.WriteEndObject();
        await writer.FlushAsync(ct);
        await body.FlushAsync(ct);

        void Put<T>(string name, T value)
        {
            writer.WritePropertyName(name);
            JsonSerializer.Serialize(writer, value, json);
        }
    }
}
