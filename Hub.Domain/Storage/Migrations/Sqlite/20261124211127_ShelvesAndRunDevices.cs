using System;
using Microsoft.EntityFrameworkCore.Migrations;

#nullable disable

namespace Hub.Domain.Storage.Migrations.Sqlite
{
    /// <inheritdoc />
    public partial class ShelvesAndRunDevices : Migration
    {
        /// <inheritdoc />
        protected override void Up(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.DropIndex(
                name: "IX_FixRuns_FixId_StartedAt",
                table: "FixRuns");

            // By hand: EF would build the table anew, outside a transaction; SQLite has dropped columns by itself since 3.35.
            migrationBuilder.Sql("ALTER TABLE \"FixRuns\" DROP COLUMN \"DeviceId\";");

            migrationBuilder.AddColumn<long>(
                name: "ShelfVersion",
                table: "Organisations",
                type: "INTEGER",
                nullable: false,
                defaultValue: 0L);

            migrationBuilder.AddColumn<string>(
                name: "DeviceIds",
                table: "FixRuns",
                type: "TEXT",
                nullable: false,
                defaultValue: "[]");

            migrationBuilder.CreateIndex(
                name: "IX_Messages_RunId",
                table: "Messages",
                column: "RunId",
                filter: "\"RunId\" IS NOT NULL");

            migrationBuilder.CreateIndex(
                name: "IX_FixRuns_FixId_EndedAt",
                table: "FixRuns",
                columns: new[] { "FixId", "EndedAt" });
        }

        /// <inheritdoc />
        protected override void Down(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.DropIndex(
                name: "IX_Messages_RunId",
                table: "Messages");

            migrationBuilder.DropIndex(
                name: "IX_FixRuns_FixId_EndedAt",
                table: "FixRuns");

            migrationBuilder.DropColumn(
                name: "ShelfVersion",
                table: "Organisations");

            migrationBuilder.DropColumn(
                name: "DeviceIds",
                table: "FixRuns");

            migrationBuilder.AddColumn<Guid>(
                name: "DeviceId",
                table: "FixRuns",
                type: "TEXT",
                nullable: true);

            migrationBuilder.CreateIndex(
                name: "IX_FixRuns_FixId_StartedAt",
                table: "FixRuns",
                columns: new[] { "FixId", "StartedAt" });
        }
    }
}
