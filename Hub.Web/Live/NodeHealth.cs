namespace Hub.Web.Live;

/// <summary>The way on which nodes tell each other of changes.</summary>
internal interface INodeLink
{
    /// <summary>True while this node hears the others and is heard.</summary>
    bool Connected { get; }
}

/// <summary>What this node lacks at the moment, for the pages to say so. One node without a link to others lacks nothing.</summary>
public sealed class NodeHealth
{
    private (bool Database, bool Nodes) state = (true, true);

    /// <summary>Raised when one of the two has changed.</summary>
    public event EventHandler? Changed;

    /// <summary>False while the database does not answer.</summary>
    public bool Database => state.Database;

    /// <summary>False while other nodes' changes come by the version check only.</summary>
    public bool Nodes => state.Nodes;

    internal void Set(bool database, bool nodes)
    {
        if (state == (database, nodes)) return;
        state = (database, nodes);
        Changed?.Invoke(this, EventArgs.Empty);
    }
}
