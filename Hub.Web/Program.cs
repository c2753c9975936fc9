using Hub.Domain;
using Hub.Web;
using Hub.Web.Upkeep;

// A command's own words are no settings: a folder such as /srv/articles would be read as the name of one, and swallow the next.
var builder = WebApplication.CreateBuilder([.. args.Skip(Commands.Words(args).Length)]);
try
{
    builder.AddHub();
}
catch (SettingsException e)
{
    // The rest is looked at all the same.
    if (Commands.Words(args) is ["check"]) return await CheckCommand.RunAsync(new Looking(builder.Configuration, builder.Environment.IsDevelopment(), NoStart: e.Message));
    Console.Error.WriteLine(e.Message);
    return 1;
}
await using var app = builder.Build();
if (await Commands.RunAsync(app, args) is { } exitCode) return exitCode;
if (!await app.PrepareStorageAsync()) return 1;
app.UseHub();
try
{
    await app.RunAsync();
    return 0;
}
catch (IOException e) when (e.InnerException is Microsoft.AspNetCore.Connections.AddressInUseException)
{
    Console.Error.WriteLine($"{e.Message} End the program that has it, or start the hub elsewhere: --urls http://localhost:5081");
    return 1;
}

/// <summary>Named so that tests can start the hub in process.</summary>
public partial class Program;
