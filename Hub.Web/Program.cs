using Hub.Web;

// A command's own words are no settings: a folder such as /srv/articles would be read as the name of one, and swallow the next.
var builder = WebApplication.CreateBuilder([.. args.Skip(Commands.Words(args).Length)]);
try
{
    builder.AddHub();
}
catch (SettingsException e)
{
    Console.Error.WriteLine(e.Message);
    return 1;
}
await using var app = builder.Build();
if (await Commands.RunAsync(app, args) is { } exitCode) return exitCode;
if (!await app.PrepareStorageAsync()) return 1;
app.UseHub();
await app.RunAsync();
return 0;

/// <summary>Named so that tests can start the hub in process.</summary>
public partial class Program;
