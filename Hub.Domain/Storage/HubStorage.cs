using Microsoft.Data.Sqlite;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Diagnostics;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Npgsql;

namespace Hub.Domain.Storage;

/// <summary>
/// Where the hub keeps its data. <c>Storage:Provider</c> is <c>Sqlite</c> (default; the file lies in <c>Storage:Folder</c>,
/// by default <c>data</c>) or <c>PostgreSQL</c> (<c>ConnectionStrings:Hub</c>).
/// </summary>
public static class HubStorage
{
    /// <exception cref="SettingsException">They name no database.</exception>
    public static IServiceCollection AddHubStorage(this IServiceCollection services, IConfiguration configuration)
    {
        services.TryAddSingleton<Telemetry>();
        services.TryAddSingleton(FileSettings.From(configuration));
        var provider = configuration["Storage:Provider"] ?? "Sqlite";
        if (provider.Equals("PostgreSQL", StringComparison.OrdinalIgnoreCase))
        {
            var connection = configuration.GetConnectionString("Hub");
            if (string.IsNullOrWhiteSpace(connection)) throw new SettingsException("Storage:Provider is PostgreSQL, but ConnectionStrings:Hub is not set.");
            connection = WithoutDetail(connection);
            services.AddPooledDbContextFactory<PostgresHubDb>((s, o) => Postgres(o, connection).AddInterceptors(new DatabaseTimes(s.GetRequiredService<Telemetry>(), "postgresql")));
            services.AddSingleton<IDbContextFactory<HubDb>, HubDbFactory<PostgresHubDb>>();
        }
        else if (provider.Equals("Sqlite", StringComparison.OrdinalIgnoreCase))
        {
            var folder = Path.GetFullPath(configuration["Storage:Folder"] ?? "data");
            try
            {
                Directory.CreateDirectory(folder);
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                throw new SettingsException($"Storage:Folder is {folder}, which cannot be made: {e.Message}", e);
            }
            var connection = SqliteConnectionString(Path.Combine(folder, "hub.db"));
            services.AddPooledDbContextFactory<SqliteHubDb>((s, o) => Sqlite(o, connection).AddInterceptors(new DatabaseTimes(s.GetRequiredService<Telemetry>(), "sqlite"), s.GetRequiredService<KeptStatements>()));
            services.AddSingleton<KeptStatements>();
            services.AddSingleton<IDbContextFactory<HubDb>, HubDbFactory<SqliteHubDb>>();
        }
        else
        {
            throw new SettingsException($"Storage:Provider is \"{provider}\"; it can be Sqlite or PostgreSQL.");
        }
        return services;
    }

    /// <summary>A file in WAL mode, writers waiting up to 30 s for their turn.</summary>
    public static string SqliteConnectionString(string file) =>
        new SqliteConnectionStringBuilder { DataSource = file, DefaultTimeout = 30, ForeignKeys = true }.ToString();

    public static DbContextOptionsBuilder Sqlite(DbContextOptionsBuilder options, string connection) =>
        options.UseSqlite(connection).ConfigureWarnings(w => w.Ignore(RelationalEventId.MultipleCollectionIncludeWarning));

    public static DbContextOptionsBuilder Postgres(DbContextOptionsBuilder options, string connection) =>
        options.UseNpgsql(connection).ConfigureWarnings(w => w.Ignore(RelationalEventId.MultipleCollectionIncludeWarning));

    // An error's detail holds the values of the row ("Key (Email)=(…) already exists"), and errors are logged.
    private static string WithoutDetail(string connection)
    {
        try
        {
            return new NpgsqlConnectionStringBuilder(connection) { IncludeErrorDetail = false, LogParameters = false }.ConnectionString;
        }
        catch (ArgumentException e)
        {
            throw new SettingsException("ConnectionStrings:Hub is no PostgreSQL connection string, such as Host=db.example;Database=hub;Username=hub;Password=…", e);
        }
    }

    /// <summary>Brings the schema to this build's version; makes the database when there is none. Again changes nothing.</summary>
    [SystemWork]
    public static async Task MigrateAsync(IDbContextFactory<HubDb> hub, CancellationToken ct = default)
    {
        await using var db = await hub.CreateDbContextAsync(ct);
        await db.Database.MigrateAsync(ct);
        if (db is SqliteHubDb) await db.Database.ExecuteSqlRawAsync("PRAGMA journal_mode=WAL;", ct);
        await KeepAuditAsync(db, ct);
    }

    /// <summary>
    /// Audit rows are only added, whoever asks and however: the database refuses the rest. Made again after each migration and restore, not in a
    /// migration, because SQLite drops a table's triggers when one builds it anew. Again changes nothing.
    /// </summary>
    [SystemWork]
    public static async Task KeepAuditAsync(HubDb db, CancellationToken ct = default)
    {
        await using var tx = await db.Database.BeginTransactionAsync(ct);
        await db.Database.ExecuteSqlRawAsync(db is SqliteHubDb
            ? """
            CREATE TRIGGER IF NOT EXISTS "AuditEntries_kept_update" BEFORE UPDATE ON "AuditEntries" BEGIN SELECT RAISE(ABORT, 'Audit rows are only ever added.'); END;
            CREATE TRIGGER IF NOT EXISTS "AuditEntries_kept_replace" BEFORE INSERT ON "AuditEntries" WHEN EXISTS (SELECT 1 FROM "AuditEntries" WHERE "Id" = NEW."Id") BEGIN SELECT RAISE(ABORT, 'Audit rows are only ever added.'); END;
            CREATE TRIGGER IF NOT EXISTS "AuditEntries_kept_delete" BEFORE DELETE ON "AuditEntries" BEGIN SELECT RAISE(ABORT, 'Audit rows are only ever added.'); END;
            """
            : """
            LOCK TABLE "AuditEntries" IN SHARE ROW EXCLUSIVE MODE;
            CREATE OR REPLACE FUNCTION hub_audit_kept() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'Audit rows are only ever added.'; END $$;
            CREATE OR REPLACE TRIGGER "AuditEntries_kept" BEFORE UPDATE OR DELETE OR TRUNCATE ON "AuditEntries" FOR EACH STATEMENT EXECUTE FUNCTION hub_audit_kept();
            """, ct);
        await tx.CommitAsync(ct);
    }

    /// <summary>Names of migrations that the database lacks; empty when the schema is this build's.</summary>
    [SystemWork]
    public static async Task<IReadOnlyList<string>> PendingMigrationsAsync(IDbContextFactory<HubDb> hub, CancellationToken ct = default)
    {
        await using var db = await hub.CreateDbContextAsync(ct);
        return [.. await db.Database.GetPendingMigrationsAsync(ct)];
    }

    private sealed class HubDbFactory<T>(IDbContextFactory<T> inner, KeptStatements? statements = null) : IDbContextFactory<HubDb> where T : HubDb
    {
        public HubDb CreateDbContext() => Kept(inner.CreateDbContext());

        public async Task<HubDb> CreateDbContextAsync(CancellationToken cancellationToken = default) =>
            Kept(await inner.CreateDbContextAsync(cancellationToken));

        private T Kept(T db)
        {
            statements?.Keep(db);
            return db;
        }
    }
}
