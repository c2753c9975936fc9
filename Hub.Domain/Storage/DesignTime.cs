using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Design;

namespace Hub.Domain.Storage;

/// <summary>Lets <c>dotnet ef migrations add</c> make the SQLite context.</summary>
internal sealed class SqliteDesignTime : IDesignTimeDbContextFactory<SqliteHubDb>
{
    public SqliteHubDb CreateDbContext(string[] args) =>
        new((DbContextOptions<SqliteHubDb>)HubStorage.Sqlite(new DbContextOptionsBuilder<SqliteHubDb>(), "Data Source=design.db").Options);
}

/// <summary>Lets <c>dotnet ef migrations add</c> make the PostgreSQL context.</summary>
internal sealed class PostgresDesignTime : IDesignTimeDbContextFactory<PostgresHubDb>
{
    public PostgresHubDb CreateDbContext(string[] args) =>
        new((DbContextOptions<PostgresHubDb>)HubStorage.Postgres(new DbContextOptionsBuilder<PostgresHubDb>(), "Host=design").Options);
}
