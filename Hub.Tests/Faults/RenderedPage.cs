using System.Buffers.Binary;
using System.Globalization;
using System.Text;

namespace Hub.Tests.Faults;

/// <summary>A row of the open conversation as the page shows it.</summary>
internal sealed record ShownMessage(long Sequence, Guid Id, string Html);

/// <summary>
/// What a browser makes of the render batches of one circuit: elements, in order, with their attributes. It does what the script of Blazor
/// does (OutOfProcessRenderBatch.ts and BrowserRenderer.ts of ASP.NET Core 10), so that a test can look at what people would see.
/// </summary>
internal sealed class RenderedPage
{
    private readonly Dictionary<int, Node> components = [];
    private readonly List<Node> roots = [];
    private Node? list;

    public void Apply(ReadOnlySpan<byte> bytes)
    {
        var batch = new Batch(bytes);
        var (at, count) = batch.List(fromEnd: 20);
        for (var i = 0; i < count; i++)
        {
            var diff = batch.Int(at + i * 4);
            Edit(batch, Component(batch.Int(diff)), diff + 8, batch.Int(diff + 4));
        }
        (at, count) = batch.List(fromEnd: 12);
        for (var i = 0; i < count; i++) components.Remove(batch.Int(at + i * 4));
    }

    /// <summary>The messages that stand on the page, from top to bottom; none while no conversation is shown.</summary>
    public IReadOnlyList<ShownMessage> Messages()
    {
        if (list is null || !roots.Contains(list.Root)) list = roots.Select(r => r.Find("ol", "messages")).FirstOrDefault(n => n is not null);
        return list is null ? [] : [.. list.Elements.Where(c => c.Attributes.ContainsKey("data-seq")).Select(c =>
            new ShownMessage(long.Parse(c.Attributes["data-seq"], CultureInfo.InvariantCulture), Guid.Parse(c.Attributes["data-id"]), c.Whole))];
    }

    private Node Component(int id)
    {
        if (components.TryGetValue(id, out var known)) return known;
        var root = new Node("#root", null);
        roots.Add(root);
        return components[id] = root;
    }

    private void Edit(in Batch b, Node parent, int at, int count)
    {
        List<(int From, int To)> moves = [];
        for (; count > 0; count--, at += 16)
        {
            var (kind, child, index) = (b.Int(at), b.Int(at + 4), b.Int(at + 8));
            switch (kind)
            {
                case 1:
                    Insert(b, parent, child, index);
                    break;
                case 2:
                    parent.Children[child].Parent = null;
                    parent.Children.RemoveAt(child);
                    break;
                case 3:
                    parent.Children[child].Attributes[b.Text(b.Frame(index) + 4)] = b.Text(b.Frame(index) + 8);
                    break;
                case 4:
                    parent.Children[child].Attributes.Remove(b.Text(at + 12));
                    break;
                case 5 or 8:
                    parent.Children[child].Text = b.Text(b.Frame(index) + 4);
                    break;
                case 6:
                    parent = parent.Children[child];
                    break;
                case 7:
                    parent = parent.Parent!;
                    break;
                case 9:
                    moves.Add((child, index));
                    break;
                case 10:
                    var moved = moves.Select(m => parent.Children[m.From]).ToList();
                    for (var i = 0; i < moved.Count; i++) parent.Children[moves[i].To] = moved[i];
                    moves.Clear();
                    break;
                default:
                    throw new InvalidDataException($"Edit {kind}");
            }
        }
    }

    // Gives how many places of the parent it took: a region is as many as are in it.
    private int Insert(in Batch b, Node parent, int at, int index)
    {
        var frame = b.Frame(index);
        switch (b.Int(frame))
        {
            case 1:
                var element = Add(parent, at, b.Text(frame + 8));
                var (inner, end) = (index + 1, index + b.Int(frame + 4));
                for (; inner < end && b.Int(b.Frame(inner)) == 3; inner++) element.Attributes[b.Text(b.Frame(inner) + 4)] = b.Text(b.Frame(inner) + 8);
                Insert(b, element, 0, inner, end);
                return 1;
            case 2 or 8:
                Add(parent, at, "#text").Text = b.Text(frame + 4);
                return 1;
            case 4:
                components[b.Int(frame + 8)] = Add(parent, at, "#component");
                return 1;
            case 5:
                return Insert(b, parent, at, index + 1, index + b.Int(frame + 4));
            default:
                return 0;
        }
    }

    private int Insert(in Batch b, Node parent, int at, int from, int to)
    {
        var start = at;
        for (; from < to; from += b.Int(b.Frame(from)) is 1 or 4 or 5 ? b.Int(b.Frame(from) + 4) : 1) at += Insert(b, parent, at, from);
        return at - start;
    }

    private static Node Add(Node parent, int at, string name)
    {
        var node = new Node(name, parent);
        parent.Children.Insert(at, node);
        return node;
    }

    private sealed class Node(string name, Node? parent)
    {
        private readonly string name = name;

        public Node? Parent { get; set; } = parent;

        public string Text { get; set; } = "";

        public Dictionary<string, string> Attributes { get; } = new(StringComparer.Ordinal);

        public List<Node> Children { get; } = [];

        public Node Root => Parent?.Root ?? this;

        /// <summary>Its own text and all inside it.</summary>
        public string Whole => Text + string.Concat(Children.Select(c => c.Whole));

        /// <summary>What a browser has as its children: those of a component stand in its place.</summary>
        public IEnumerable<Node> Elements => Children.SelectMany(c => c.name == "#component" ? c.Elements : [c]);

        public Node? Find(string element, string named) =>
            name == element && Attributes.GetValueOrDefault("class") == named ? this : Children.Select(c => c.Find(element, named)).FirstOrDefault(n => n is not null);
    }

    /// <summary>Numbers are 32 bits, little end first. The last five say where lists begin; a text is the number of its place, −1 for none.</summary>
    private readonly ref struct Batch(ReadOnlySpan<byte> bytes)
    {
        private readonly ReadOnlySpan<byte> bytes = bytes;

        public int Int(int at) => BinaryPrimitives.ReadInt32LittleEndian(bytes[at..]);

        public (int At, int Count) List(int fromEnd)
        {
            var at = Int(bytes.Length - fromEnd);
            return (at + 4, Int(at));
        }

        public int Frame(int index) => Int(bytes.Length - 16) + 4 + index * 20;

        public string Text(int at)
        {
            var index = Int(at);
            if (index < 0) return "";
            var from = Int(Int(bytes.Length - 4) + index * 4);
            int length = 0, shift = 0;
            byte part;
            do
            {
                part = bytes[from++];
                length |= (part & 127) << shift;
                shift += 7;
            }
            while (part > 127);
            return Encoding.UTF8.GetString(bytes.Slice(from, length));
        }
    }
}
