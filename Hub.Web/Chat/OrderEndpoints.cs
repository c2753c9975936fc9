using Hub.Domain;
using Hub.Domain.Chat;
using Hub.Web.Api;
using Hub.Web.SignIn;

namespace Hub.Web.Chat;

/// <summary>Why a message is reported: one of the reasons, and words of one's own.</summary>
internal sealed record ReportBody(ReportReason? Reason, string? Text);

internal sealed record ReasonBody(string? Reason);

/// <summary>Days to keep messages, null: for ever; and the version of the rule that was seen.</summary>
internal sealed record RetentionBody(int? Days, int? Version);

/// <summary>A hold on a conversation, or on a person by id or address.</summary>
internal sealed record HoldBody(Guid? ConversationId, Guid? PersonId, string? Email, string? Reason, string? Reference);

/// <summary>An export; times with their offset, <c>until</c> is not in it.</summary>
internal sealed record ExportBody(string? Reason, DateTimeOffset? From, DateTimeOffset? Until);

/// <summary>Keeping order: reports and hidden messages for those who run conversations, retention, holds and exports for Compliance.</summary>
internal static class OrderEndpoints
{
    public static void MapOrder(this RouteGroupBuilder api)
    {
        var chat = api.MapGroup("").WithTags("Chat").NeedsScope("chat");
        chat.MapPost("/messages/{id:guid}/report", async (Caller caller, HttpContext http, ReportService service, Guid id, ReportBody body) =>
            body.Reason is not { } reason ? Answers.Refused(http, Refusal.Invalid("reason", "report.reason"))
                : (await service.ReportAsync(caller.Actor, id, new NewReport(reason, body.Text ?? ""))).Answer(http, r => r.New ? Results.Json(r, statusCode: StatusCodes.Status201Created) : Results.Ok(r)))
            .Produces<Reported>(StatusCodes.Status201Created).Produces<Reported>();
        chat.MapGet("/messages/{id:guid}/hidden", async (Caller caller, HttpContext http, ModerationService service, Guid id, CancellationToken ct) =>
            (await service.HiddenAsync(caller.Actor, id, ct)).Answer(http)).Produces<KeptMessage>();
        chat.MapPut("/messages/{id:guid}/hidden", async (Caller caller, HttpContext http, ModerationService service, Guid id, ReasonBody body) =>
            (await service.HideAsync(caller.Actor, id, body.Reason ?? "")).Answer(http)).Produces<MessageRecord>();
        chat.MapDelete("/messages/{id:guid}/hidden", async (Caller caller, HttpContext http, ModerationService service, Guid id) =>
            (await service.ShowAsync(caller.Actor, id)).Answer(http)).Produces<MessageRecord>();
        chat.MapGet("/reports", async (Caller caller, HttpContext http, ReportService service, string? state, string? after, int? limit, CancellationToken ct) =>
            !Answers.TryWord<ReportState>(state, out var only) ? Answers.Refused(http, Refusal.Invalid("state", "report.state"))
                : (await service.ListAsync(caller.Actor, only ?? ReportState.Open, after, limit ?? 50, ct)).Answer(http)).Produces<Page<ReportRecord>>();
        chat.MapPost("/reports/{id:guid}/dismiss", async (Caller caller, HttpContext http, ReportService service, Guid id) =>
            (await service.DismissAsync(caller.Actor, id)).Answer(http, _ => Results.NoContent())).Produces(StatusCodes.Status204NoContent);
        MapCompliance(api.MapGroup("/compliance").WithTags("Administration").NeedsScope("admin"));
    }

    private static void MapCompliance(RouteGroupBuilder compliance)
    {
        compliance.MapGet("/retention", async (Caller caller, HttpContext http, RetentionService service, CancellationToken ct) =>
            (await service.ListAsync(caller.Actor, ct)).Answer(http, r => Results.Ok(new Page<RetentionView>(r, null)))).Produces<Page<RetentionView>>();
        compliance.MapPut("/retention/{body:guid}/{kind}", async (Caller caller, HttpContext http, RetentionService service, Guid body, string kind, RetentionBody rule) =>
            !Answers.TryWord<RetentionKind>(kind, out var of) || of is not { } known ? Answers.Refused(http, Refusal.NotFound)
                : (await service.SetAsync(caller.Actor, body, known, rule.Days, rule.Version ?? 0)).Answer(http)).Produces<RetentionView>();
        compliance.MapGet("/conversations", async (Caller caller, HttpContext http, ComplianceService service, string? q, string? after, int? limit, CancellationToken ct) =>
            (await service.FindAsync(caller.Actor, q, after, limit ?? 50, ct)).Answer(http)).Produces<Page<ComplianceConversation>>();
        compliance.MapGet("/conversations/{id:guid}", async (Caller caller, HttpContext http, ComplianceService service, Guid id, CancellationToken ct) =>
            (await service.AboutAsync(caller.Actor, id, ct)).Answer(http)).Produces<ComplianceAbout>();
        compliance.MapGet("/holds", async (Caller caller, HttpContext http, HoldService service, bool? ended, string? after, int? limit, CancellationToken ct) =>
            (await service.ListAsync(caller.Actor, ended ?? false, after, limit ?? 50, ct)).Answer(http)).Produces<Page<HoldRecord>>();
        compliance.MapPost("/holds", async (Caller caller, HttpContext http, HoldService service, HoldBody body) =>
            (await service.PlaceAsync(caller.Actor, new NewHold(body.Reason ?? "", body.Reference ?? "", body.ConversationId, body.PersonId) { Email = body.Email })).Answer(http, h => Results.Json(h, statusCode: StatusCodes.Status201Created)))
            .Produces<HoldRecord>(StatusCodes.Status201Created);
        compliance.MapDelete("/holds/{id:guid}", async (Caller caller, HttpContext http, HoldService service, Guid id) =>
            (await service.EndAsync(caller.Actor, id)).Answer(http)).Produces<HoldRecord>();
        compliance.MapPost("/conversations/{id:guid}/exports", async (Caller caller, HttpContext http, ExportService service, Guid id, ExportBody body) =>
            (await service.AskAsync(caller.Actor, id, new NewExport(body.Reason ?? "", body.From?.UtcDateTime, body.Until?.UtcDateTime))).Answer(http, x => Results.Created($"/api/v1/compliance/exports/{x.Id}", x)))
            .Produces<ExportRecord>(StatusCodes.Status201Created);
        compliance.MapGet("/exports/{id:guid}", async (Caller caller, HttpContext http, ExportService service, ExportPage page, Guid id, string? format, CancellationToken ct) =>
            format is not (null or "json" or "html") ? Answers.Refused(http, Refusal.Invalid("format", "export.format"))
                : (await service.OpenAsync(caller.Actor, id, ct)).Answer(http, r => new ExportFile(r, format == "html" ? page : null))).Produces<string>(contentType: "application/json", additionalContentTypes: "text/html");
    }
}
