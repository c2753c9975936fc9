using Hub.Domain.Chat;

namespace Hub.Web.Chat;

/// <summary>Rows of one conversation whose sequences have the same <see cref="Number"/> (sequence ÷ <see cref="MessageWindow.BlockSize"/>), in order. Never changed in place.</summary>
public sealed record MessageBlockRows(long Number, IReadOnlyList<MessageRow> Rows)
{
    /// <summary>The block's key, the same object as long as it is shown.</summary>
    public object Key { get; } = Number;

    public bool Holds(long? sequence) => sequence is { } s && s / MessageWindow.BlockSize == Number;
}

/// <summary>
/// What an open conversation shows of its messages: a stretch without a gap, in blocks, so that what has not changed need not be
/// drawn again (CIRCUITS.md).
/// </summary>
public sealed class MessageWindow
{
    /// <summary>Rows of a block at most.</summary>
    public const int BlockSize = 8;

    private readonly List<MessageBlockRows> blocks = [];

    public IReadOnlyList<MessageBlockRows> Blocks => blocks;

    /// <summary>Another number after each change.</summary>
    public long Changes { get; private set; }

    public int Count => blocks.Sum(b => b.Rows.Count);

    public MessageRow? First => blocks.Count == 0 ? null : blocks[0].Rows[0];

    public MessageRow? Last => blocks.Count == 0 ? null : blocks[^1].Rows[^1];

    public IEnumerable<MessageRow> Rows => blocks.SelectMany(b => b.Rows);

    /// <summary>Shows these instead, in ascending order.</summary>
    public void Show(IEnumerable<MessageRow> rows)
    {
        Changes++;
        blocks.Clear();
        blocks.AddRange(InBlocks(rows));
    }

    /// <summary>Puts a row in the place of the same message's; false if it is not shown.</summary>
    public bool Replace(MessageRow row)
    {
        var at = blocks.FindIndex(b => b.Holds(row.Message.Sequence));
        if (at < 0 || !blocks[at].Rows.Any(r => r.Message.Id == row.Message.Id)) return false;
        Changes++;
        blocks[at] = blocks[at] with { Rows = [.. blocks[at].Rows.Select(r => r.Message.Id == row.Message.Id ? row : r)] };
        return true;
    }

    /// <summary>Adds the row that follows the last.</summary>
    public void Append(MessageRow row)
    {
        Changes++;
        if (blocks.Count > 0 && blocks[^1].Holds(row.Message.Sequence)) blocks[^1] = blocks[^1] with { Rows = [.. blocks[^1].Rows, row] };
        else blocks.AddRange(InBlocks([row]));
    }

    /// <summary>Puts rows before the first.</summary>
    public void Prepend(IEnumerable<MessageRow> rows)
    {
        Changes++;
        var before = InBlocks(rows).ToList();
        if (before.Count > 0 && blocks.Count > 0 && before[^1].Number == blocks[0].Number)
        {
            blocks[0] = blocks[0] with { Rows = [.. before[^1].Rows, .. blocks[0].Rows] };
            before.RemoveAt(before.Count - 1);
        }
        blocks.InsertRange(0, before);
    }

    /// <summary>Drops every row up to a sequence.</summary>
    public void DropTo(long sequence)
    {
        if (First is { } first && first.Message.Sequence <= sequence) Show(Rows.Where(r => r.Message.Sequence > sequence).ToList());
    }

    /// <summary>Drops whole blocks from the beginning until at most <paramref name="most"/> rows are left; true if it dropped any.</summary>
    public bool DropFirst(int most) => Drop(most, 0);

    /// <summary>Drops whole blocks from the end until at most <paramref name="most"/> rows are left; true if it dropped any.</summary>
    public bool DropLast(int most) => Drop(most, ^1);

    private bool Drop(int most, Index which)
    {
        var dropped = false;
        for (; Count > most; dropped = true, Changes++) blocks.RemoveAt(which.GetOffset(blocks.Count));
        return dropped;
    }

    private static IEnumerable<MessageBlockRows> InBlocks(IEnumerable<MessageRow> rows) =>
        rows.GroupBy(r => r.Message.Sequence / BlockSize, (number, some) => new MessageBlockRows(number, [.. some]));
}
