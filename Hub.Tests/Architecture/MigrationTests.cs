using Hub.Domain.Storage;
using Hub.Tests.Storage;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Infrastructure;
using Microsoft.EntityFrameworkCore.Migrations;
using Microsoft.EntityFrameworkCore.Migrations.Operations;

namespace Hub.Tests.Architecture;

/// <summary>
/// During an upgrade the program before this one still runs on the schema, and after a rollback it does again. So migrations only expand it:
/// what the old program reads stays as it is, and what it does not know fills itself (docs/architecture.md, "Old and new side by side").
/// </summary>
public sealed class MigrationTests
{
    /// <summary>From before the first release: no installation ran on the schemas between them.</summary>
    private static readonly string[] BeforeTheFirstRelease = ["Initial", "ShelvesAndRunDevices"];

    /// <summary>Contract steps: the migration's name, and since which release nothing reads or writes what it takes away.</summary>
    private static readonly Dictionary<string, string> ContractSteps = new(StringComparer.Ordinal);

    [Theory, Databases]
    public void Migrations_leave_the_program_before_them_running(string provider)
    {
        using HubDb db = provider == "Sqlite"
            ? new SqliteHubDb((DbContextOptions<SqliteHubDb>)HubStorage.Sqlite(new DbContextOptionsBuilder<SqliteHubDb>(), "Data Source=none").Options)
            : new PostgresHubDb((DbContextOptions<PostgresHubDb>)HubStorage.Postgres(new DbContextOptionsBuilder<PostgresHubDb>(), "Host=none").Options);
        var migrations = db.GetService<IMigrationsAssembly>();
        var all = migrations.Migrations.ToDictionary(m => m.Key[(m.Key.IndexOf('_', StringComparison.Ordinal) + 1)..], m => Refused(migrations.CreateMigration(m.Value, db.Database.ProviderName!).UpOperations).ToList(), StringComparer.Ordinal);
        Assert.Empty(all.Where(m => !BeforeTheFirstRelease.Contains(m.Key) && !ContractSteps.ContainsKey(m.Key)).SelectMany(m => m.Value.Select(why => $"{m.Key}: {why}")));
        // What is listed is there, and takes something away.
        Assert.Empty(BeforeTheFirstRelease.Except(all.Keys));
        Assert.DoesNotContain(ContractSteps.Keys, step => !all.TryGetValue(step, out var why) || why.Count == 0);
    }

    [Fact]
    public void What_an_old_program_would_stumble_over_is_refused()
    {
        static int Count(Action<MigrationBuilder> up)
        {
            var builder = new MigrationBuilder("any");
            up(builder);
            return Refused(builder.Operations).Count();
        }
        // Expansions.
        Assert.Equal(0, Count(m => m.AddColumn<string>("New", "People", nullable: true)));
        Assert.Equal(0, Count(m => m.AddColumn<long>("New", "People", nullable: false, defaultValue: 0L)));
        Assert.Equal(0, Count(m => m.AddColumn<string>("New", "People", nullable: false, defaultValueSql: "'{}'")));
        Assert.Equal(0, Count(m => m.CreateIndex("IX", "People", "Name")));
        Assert.Equal(0, Count(m =>
        {
            m.CreateTable("Presences", t => new { Id = t.Column<Guid>(), PersonId = t.Column<Guid>() }, constraints: t => t.PrimaryKey("PK", x => x.Id));
            m.CreateIndex("IX", "Presences", "PersonId", unique: true);
            m.AddForeignKey("FK", "Presences", "PersonId", "People");
        }));
        // What it reads or writes is gone, or is called or made otherwise.
        Assert.Equal(1, Count(m => m.DropTable("People")));
        Assert.Equal(1, Count(m => m.DropColumn("Name", "People")));
        Assert.Equal(1, Count(m => m.RenameTable("People", newName: "Persons")));
        Assert.Equal(1, Count(m => m.RenameColumn("Name", "People", "FullName")));
        Assert.Equal(1, Count(m => m.AlterColumn<string>("Topic", "Conversations", nullable: false, oldClrType: typeof(string), oldNullable: true)));
        Assert.Equal(1, Count(m => m.DropIndex("IX", "People")));
        // What it writes is refused.
        Assert.Equal(1, Count(m => m.AddColumn<string>("New", "People", nullable: false)));
        Assert.Equal(1, Count(m => m.CreateIndex("IX", "People", "Name", unique: true)));
        Assert.Equal(1, Count(m => m.AddForeignKey("FK", "Devices", "OwnerId", "People")));
        // What nobody can judge from here.
        Assert.Equal(1, Count(m => m.Sql("UPDATE \"People\" SET \"Name\" = ''")));
    }

    /// <summary>Why a program that does not know of the operations could fail after them.</summary>
    private static IEnumerable<string> Refused(IReadOnlyList<MigrationOperation> operations)
    {
        var made = operations.OfType<CreateTableOperation>().Select(t => t.Name).ToHashSet(StringComparer.Ordinal);
        return operations.Select(o => o switch
        {
            CreateTableOperation or EnsureSchemaOperation => null,
            AddColumnOperation c when c.IsNullable || c.DefaultValue is not null || c.DefaultValueSql is not null => null,
            AddColumnOperation c => $"{c.Table}.{c.Name} is not null and has no default: old programs insert rows without it",
            CreateIndexOperation { IsUnique: false } => null,
            ITableMigrationOperation t when made.Contains(t.Table) => null,
            CreateIndexOperation c => $"{c.Name} is unique: old programs may write what it refuses",
            SqlOperation s => $"what \"{s.Sql}\" does to old programs cannot be read from here",
            ITableMigrationOperation t => $"{o.GetType().Name} on {t.Table}",
            _ => o.GetType().Name,
        }).OfType<string>();
    }
}
