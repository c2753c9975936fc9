using System.Reflection;
using Hub.Domain;
using Hub.Domain.People;
using Hub.Web.Api;
using Hub.Web.Live;
using Hub.Web.SignIn;
using Microsoft.Extensions.Logging.Console;
using OpenTelemetry;
using OpenTelemetry.Logs;
using OpenTelemetry.Metrics;
using OpenTelemetry.Resources;
using OpenTelemetry.Trace;

namespace Hub.Web.Integrations.Telemetry;

/// <summary>
/// What is measured leaves the hub in two ways: Prometheus reads <c>/metrics</c> of each node, and with <c>OTEL_EXPORTER_OTLP_ENDPOINT</c> metrics,
/// traces and log lines are sent there. Without that setting nothing is sent and nothing is traced.
/// </summary>
internal static class TelemetrySetup
{
    private const string EndpointName = "OTEL_EXPORTER_OTLP_ENDPOINT";

    private const string Requests = "Microsoft.AspNetCore.Hosting.Diagnostics";

    private static readonly string[] Meters = [Domain.Telemetry.Name, "Microsoft.AspNetCore.Hosting", "Microsoft.AspNetCore.Server.Kestrel", "Microsoft.AspNetCore.Diagnostics", "System.Net.Http", "System.Runtime"];

    /// <exception cref="SettingsException"><c>OTEL_EXPORTER_OTLP_ENDPOINT</c> is no address.</exception>
    public static void AddHubTelemetry(this WebApplicationBuilder builder)
    {
        var services = builder.Services;
        services.AddSingleton<NodeGauges>().AddHostedService(s => s.GetRequiredService<NodeGauges>());
        services.PostConfigure<LoggerFilterOptions>(SilenceRequests);
        if (!builder.Environment.IsDevelopment()) builder.Configuration["Logging:Console:FormatterName"] ??= ConsoleFormatterNames.Json;
        services.Configure<JsonConsoleFormatterOptions>(o =>
        {
            (o.IncludeScopes, o.UseUtcTimestamp, o.TimestampFormat) = (true, true, "yyyy-MM-dd'T'HH':'mm':'ss.fff'Z'");
            // A line is read by people too: quotation marks in it stay as they are.
            o.JsonWriterOptions = new() { Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping };
        });

        var telemetry = services.AddOpenTelemetry()
            .ConfigureResource(r => r.AddService("hub", serviceVersion: Version).AddEnvironmentVariableDetector())
            // Every scrape reads anew: only an administrator can ask, and a copy of a moment ago would be told as now.
            .WithMetrics(m => m.AddMeter(Meters).AddPrometheusExporter(o => o.ScrapeResponseCacheDurationMilliseconds = 0));
        if (builder.Configuration[EndpointName] is not { Length: > 0 } endpoint) return;
        if (!Uri.TryCreate(endpoint, UriKind.Absolute, out var address) || address.Scheme is not ("http" or "https"))
            throw new SettingsException($"{EndpointName} is \"{endpoint}\"; it is an address such as http://collector.example:4317.");
        telemetry
            .WithTracing(t => t.AddSource(Domain.Telemetry.Name, "Microsoft.AspNetCore.Components")
                .AddAspNetCoreInstrumentation(o => o.Filter = http => !OfMachines(http.Request.Path)).AddHttpClientInstrumentation()
                .AddProcessor(new PrivateSpans()))
            .WithLogging(null, o => (o.IncludeFormattedMessage, o.IncludeScopes) = (true, true))
            .UseOtlpExporter();
    }

    /// <summary>
    /// <c>GET /metrics</c> for administrators of the whole hub, in a session or with a token that may <c>metrics:read</c>. A scope only ever limits
    /// a token; it opens nothing to a person who is no administrator.
    /// </summary>
    public static void MapHubMetrics(this WebApplication app) =>
        app.MapPrometheusScrapingEndpoint("/metrics").NeedsScope(AccessScopes.Metrics).Add(endpoint =>
        {
            var read = endpoint.RequestDelegate!;
            endpoint.RequestDelegate = async http =>
            {
                if (await http.RequestServices.GetRequiredService<RoleService>().AdministersAsync(http.User.ToActor(), http.RequestAborted)) await read(http);
                else await Answers.Refused(http, Refusal.NotFound).ExecuteAsync(http);
            };
        });

    // It puts the path of the request into every line: of a webhook that is its secret. The trace says to which request a line belongs. A rule of one provider comes before a rule
    // of all: so each that has any gets this one too, and what the settings say of this category is left out.
    private static void SilenceRequests(LoggerFilterOptions options)
    {
        foreach (var rule in options.Rules.Where(r => r.CategoryName?.Replace("*", "", StringComparison.Ordinal).StartsWith(Requests, StringComparison.OrdinalIgnoreCase) == true).ToList()) options.Rules.Remove(rule);
        foreach (var provider in options.Rules.Select(r => r.ProviderName).Append(null).Distinct(StringComparer.OrdinalIgnoreCase).ToList()) options.Rules.Add(new LoggerFilterRule(provider, Requests, LogLevel.None, null));
    }

    private static string Version => typeof(TelemetrySetup).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion ?? "unknown";

    private static bool OfMachines(PathString path) => path == "/metrics" || path == "/healthz" || path == "/readyz";
}
