using Hub.Web;

var builder = WebApplication.CreateBuilder(args);
builder.AddHub();
var app = builder.Build();
if (await Commands.RunAsync(app, args) is { } exitCode) return exitCode;
if (!await app.PrepareStorageAsync()) return 1;
app.UseHub();
await app.RunAsync();
return 0;

/// <summary>Named so that tests can start the hub in process.</summary>
public partial class Program;
