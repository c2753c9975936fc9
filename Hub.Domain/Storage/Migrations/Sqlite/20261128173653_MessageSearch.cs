using System;
using Microsoft.EntityFrameworkCore.Migrations;

#nullable disable

namespace Hub.Domain.Storage.Migrations.Sqlite
{
    /// <inheritdoc />
    public partial class MessageSearch : Migration
    {
        /// <inheritdoc />
        protected override void Up(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.AddColumn<int>(
                name: "Indexed",
                table: "Messages",
                type: "INTEGER",
                nullable: false,
                defaultValue: -1);

            migrationBuilder.CreateTable(
                name: "MessageTerms",
                columns: table => new
                {
                    Term = table.Column<string>(type: "TEXT", maxLength: 64, nullable: false),
                    MessageId = table.Column<Guid>(type: "TEXT", nullable: false),
                    ConversationId = table.Column<Guid>(type: "TEXT", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("PK_MessageTerms", x => new { x.Term, x.MessageId, x.ConversationId });
                });

            migrationBuilder.CreateIndex(
                name: "IX_Messages_Unindexed",
                table: "Messages",
                columns: new[] { "ConversationId", "Sequence" },
                filter: "\"Indexed\" <> \"Revision\"");
        }

        /// <inheritdoc />
        protected override void Down(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.DropTable(
                name: "MessageTerms");

            migrationBuilder.DropIndex(
                name: "IX_Messages_Unindexed",
                table: "Messages");

            migrationBuilder.DropColumn(
                name: "Indexed",
                table: "Messages");
        }
    }
}
