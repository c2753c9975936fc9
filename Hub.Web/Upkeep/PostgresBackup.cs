using System.ComponentModel;
using System.Data;
using System.Diagnostics;
using System.Globalization;
using System.Text.RegularExpressions;
using Hub.Domain.Storage;
using Microsoft.EntityFrameworkCore;
using Npgsql;

namespace Hub.Web.Upkeep;

/// <summary>A hub's PostgreSQL database through the server's own <c>pg_dump</c> and <c>pg_restore</c>, found in <c>Storage:PostgresBin</c> or on the path.</summary>
internal static partial class PostgresBackup
{
    /// <summary>Dumps one snapshot of the database and reads the dump again to its end: what is in it.</summary>
    public static async Task<string> WriteAsync(HubDb db, IConfiguration settings, string part)
    {
        await db.Database.OpenConnectionAsync();
        var connection = (NpgsqlConnection)db.Database.GetDbConnection();
        await NotOlderAsync(settings, "pg_dump", connection.PostgreSqlVersion);
        // Counted in the very snapshot that is dumped.
        await using var snapshot = await db.Database.BeginTransactionAsync(IsolationLevel.RepeatableRead);
        var contents = await BackupCommand.ContentsAsync(connection);
        var id = await DatabaseCheck.ScalarAsync(connection, "SELECT pg_export_snapshot()");
        var (code, _, complained) = await RunAsync(settings, "pg_dump", Environment(db), "--format=custom", "--no-owner", "--no-privileges", "--no-password", $"--snapshot={id}", $"--file={part}");
        if (code != 0) throw new UpkeepException($"pg_dump did not finish: {complained}");
        await WholeAsync(settings, part, "What was written");
        return contents;
    }

    /// <summary>Restores a dump into a database that holds nothing of a hub, all or nothing.</summary>
    public static async Task ReadAsync(HubDb db, IConfiguration settings, string from)
    {
        await WholeAsync(settings, from, from);
        var connection = (NpgsqlConnection)db.Database.GetDbConnection();
        try
        {
            await db.Database.OpenConnectionAsync();
        }
        catch (PostgresException e) when (e.SqlState == PostgresErrorCodes.InvalidCatalogName)
        {
            throw new UpkeepException($"There is no database {connection.Database}: make it with {DatabaseCheck.CreateDatabase}, then restore again.", e);
        }
        if (await DatabaseCheck.ScalarAsync(connection, "SELECT min(quote_ident(schemaname) || '.' || quote_ident(tablename)) FROM pg_tables WHERE schemaname NOT IN ('pg_catalog', 'information_schema')") is { Length: > 0 } table)
            throw new UpkeepException($"The database {connection.Database} is not empty ({table} is there), and a restore overwrites nothing: make another with {DatabaseCheck.CreateDatabase}, name it in ConnectionStrings:Hub, and restore again.");
        if (await DatabaseCheck.OrdersOtherwiseAsync(connection) is { } other) throw new UpkeepException($"The database {connection.Database} is not made for the hub. {other}");
        var (code, _, complained) = await RunAsync(settings, "pg_restore", Environment(db), "--single-transaction", "--exit-on-error", "--no-owner", "--no-privileges", "--no-password", $"--dbname={connection.Database}", from);
        if (code != 0) throw new UpkeepException($"pg_restore did not finish, and nothing was changed: {complained}");
    }

    /// <summary>A program that is older than the server cannot read all that it has.</summary>
    internal static async Task NotOlderAsync(IConfiguration settings, string program, Version server)
    {
        var (_, said, _) = await RunAsync(settings, program, [], "--version");
        var major = Number().Match(said) is { Success: true } m ? int.Parse(m.Value, CultureInfo.InvariantCulture) : 0;
        if (major < server.Major)
            throw new UpkeepException($"{said.Trim()} is older than the server ({server}): install PostgreSQL {server.Major}'s client programs, or name their folder in Storage:PostgresBin.");
    }

    // To the end, because its table of contents stands at its beginning.
    private static async Task WholeAsync(IConfiguration settings, string file, string name)
    {
        var (code, _, complained) = await RunAsync(settings, "pg_restore", [], keep: false, "--file=-", file);
        if (code != 0) throw new UpkeepException($"{name} is damaged, or newer than pg_restore here: {complained}");
    }

    // libpq's own names; the password is on no command line.
    private static Dictionary<string, string?> Environment(HubDb db)
    {
        var c = new NpgsqlConnectionStringBuilder(db.Database.GetConnectionString());
        return new(StringComparer.Ordinal)
        {
            ["PGHOST"] = c.Host, ["PGPORT"] = c.Port.ToString(CultureInfo.InvariantCulture), ["PGDATABASE"] = c.Database ?? c.Username, ["PGUSER"] = c.Username,
            ["PGPASSWORD"] = c.Password, ["PGPASSFILE"] = c.Passfile, ["PGSSLROOTCERT"] = c.RootCertificate, ["PGSSLCERT"] = c.SslCertificate, ["PGSSLKEY"] = c.SslKey,
            ["PGSSLMODE"] = c.SslMode switch { SslMode.VerifyCA => "verify-ca", SslMode.VerifyFull => "verify-full", var mode => mode.ToString().ToLowerInvariant() },
        };
    }

    private static Task<(int Code, string Said, string Complained)> RunAsync(IConfiguration settings, string program, Dictionary<string, string?> environment, params string[] words) =>
        RunAsync(settings, program, environment, keep: true, words);

    private static async Task<(int Code, string Said, string Complained)> RunAsync(IConfiguration settings, string program, Dictionary<string, string?> environment, bool keep, params string[] words)
    {
        var start = new ProcessStartInfo(settings["Storage:PostgresBin"] is { Length: > 0 } folder ? Path.Combine(folder, program) : program, words)
        {
            UseShellExecute = false, RedirectStandardOutput = true, RedirectStandardError = true,
        };
        // What is not set stays as the administrator's own environment has it.
        foreach (var (name, value) in environment.Where(e => !string.IsNullOrEmpty(e.Value))) start.Environment[name] = value;
        try
        {
            using var process = Process.Start(start)!;
            var complained = process.StandardError.ReadToEndAsync();
            var said = keep ? await process.StandardOutput.ReadToEndAsync() : "";
            if (!keep) await process.StandardOutput.BaseStream.CopyToAsync(Stream.Null);
            await process.WaitForExitAsync();
            return (process.ExitCode, said, (await complained).Trim());
        }
        catch (Win32Exception e)
        {
            throw new UpkeepException($"{start.FileName} cannot be started ({e.Message}): install PostgreSQL's client programs, or name their folder in Storage:PostgresBin.", e);
        }
    }

    [GeneratedRegex(@"\d+", RegexOptions.None, 1000)]
    private static partial Regex Number();
}
