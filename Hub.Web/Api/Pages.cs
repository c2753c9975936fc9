using Hub.Domain;

namespace Hub.Web.Api;

/// <summary>The list rule of API.md for a room whose list is short enough to be read whole.</summary>
internal static class Pages
{
    /// <summary>A page of it: after the item whose <paramref name="key"/> is the cursor, 50 of them or <paramref name="limit"/> (1–200).</summary>
    public static Outcome<Page<T>> From<T>(IReadOnlyList<T> all, Func<T, string> key, string? after, int? limit)
    {
        var from = 0;
        if (after is not null && (from = all.Index().Where(i => key(i.Item) == after).Select(i => i.Index + 1).FirstOrDefault()) == 0) return Refusal.Invalid("after", "after");
        var most = Math.Clamp(limit ?? 50, 1, 200);
        var items = all.Skip(from).Take(most).ToList();
        return new Page<T>(items, from + items.Count < all.Count ? key(items[^1]) : null);
    }
}
