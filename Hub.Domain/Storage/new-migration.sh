#!/usr/bin/env bash
# Adds one migration of the same name for both providers: Hub.Domain/Storage/new-migration.sh NAME
set -euo pipefail
cd "$(dirname "$0")/../.."
dotnet tool restore >/dev/null
for p in Sqlite Postgres; do
  dotnet ef migrations add "$1" --project Hub.Domain --context "${p}HubDb" --output-dir "Storage/Migrations/$p"
done
