using Hub.Domain.Chat;
using Hub.Web.Chat;

namespace Hub.Tests.Chat;

/// <summary>The blocks of an open conversation: what has not changed is the very same object.</summary>
public sealed class MessageWindowTests
{
    private static readonly DateTime Noon = new(2026, 3, 9, 12, 0, 0, DateTimeKind.Utc);

    private readonly MessageWindow window = new();

    [Fact]
    public void A_post_and_an_edit_make_one_block_anew_and_leave_the_others()
    {
        window.Show(Rows(1, 40));
        Assert.Equal([7, 8, 8, 8, 8, 1], window.Blocks.Select(b => b.Rows.Count));
        var before = window.Blocks.ToList();
        window.Append(Row(41));
        Assert.Equal([true, true, true, true, true, false], Same(before));
        before = [.. window.Blocks];
        Assert.True(window.Replace(Row(20, "other")));
        Assert.Equal([true, true, false, true, true, true], Same(before));
        Assert.Equal("other", window.Rows.Single(r => r.Message.Sequence == 20).Message.Text);
        Assert.False(window.Replace(Row(42)));
        Assert.Equal(Enumerable.Range(1, 41).Select(s => (long)s), window.Rows.Select(r => r.Message.Sequence));
    }

    [Fact]
    public void Earlier_rows_join_the_block_they_belong_to_and_the_far_end_goes_in_whole_blocks()
    {
        window.Show(Rows(60, 90));
        window.Prepend(Rows(10, 59));
        Assert.Equal(Enumerable.Range(10, 81).Select(s => (long)s), window.Rows.Select(r => r.Message.Sequence));
        Assert.Equal(window.Blocks.Select(b => b.Number).Distinct(), window.Blocks.Select(b => b.Number));
        Assert.False(window.DropLast(81));
        Assert.True(window.DropLast(80));
        Assert.Equal((10, 87), (window.First!.Message.Sequence, window.Last!.Message.Sequence));
        Assert.True(window.DropFirst(60));
        Assert.Equal((32, 87, 56), (window.First!.Message.Sequence, window.Last!.Message.Sequence, window.Count));
    }

    [Fact]
    public void An_empty_window_has_no_ends_and_takes_the_first_row()
    {
        window.Show([]);
        Assert.Equal((null, null, 0), (window.First, window.Last, window.Count));
        window.Prepend([]);
        window.Append(Row(1));
        window.Append(Row(2));
        Assert.Equal((1, 2, 1), (window.First!.Message.Sequence, window.Last!.Message.Sequence, window.Blocks.Count));
    }

    private IEnumerable<bool> Same(List<MessageBlockRows> before) => window.Blocks.Zip(before, ReferenceEquals);

    private static IEnumerable<MessageRow> Rows(int first, int last) => Enumerable.Range(first, last - first + 1).Select(s => Row(s));

    private static MessageRow Row(long sequence, string text = "") => new(
        new MessageRecord(new Guid((int)sequence, 0, 0, new byte[8]), Guid.Empty, sequence, Guid.Empty, text, text, new Author(Guid.Empty, "A"), Noon, null, null, 1, null), DateOnly.FromDateTime(Noon), default);
}
