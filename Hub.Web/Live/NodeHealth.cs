namespace Hub.Web.Live;

/// <summary>The way on which nodes tell each other of changes.</summary>
internal interface INodeLink
{
    /// <summary>True while this node hears the others and is heard.</summary>
    bool Connected { get; }
}

/// <summary>How this node stands at the moment, for its pages and the balancer. One node without a link to others lacks nothing.</summary>
public sealed class NodeHealth
{
    private (bool Database, bool Nodes) state = (true, true);

    /// <summary>Raised when any of this has changed.</summary>
    public event EventHandler? Changed;

    /// <summary>False while the database does not answer.</summary>
    public bool Database => state.Database;

    /// <summary>False while other nodes' changes come by the version check only.</summary>
    public bool Nodes => state.Nodes;

    /// <summary>True once this node has been told to end: the balancer is to send nobody here any more.</summary>
    public bool Draining { get; private set; }

    /// <summary>True once the pages that are open here are to go on elsewhere.</summary>
    public bool Moving { get; private set; }

    internal void Set(bool database, bool nodes)
    {
        if (state == (database, nodes)) return;
        state = (database, nodes);
        Changed?.Invoke(this, EventArgs.Empty);
    }

    internal void Drain()
    {
        Draining = true;
        Changed?.Invoke(this, EventArgs.Empty);
    }

    internal void Move()
    {
        Moving = true;
        Changed?.Invoke(this, EventArgs.Empty);
    }
}
