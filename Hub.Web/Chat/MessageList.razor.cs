using Hub.Web.Shell;
using Microsoft.AspNetCore.Components;

namespace Hub.Web.Chat;

public sealed partial class MessageList
{
    private ElementReference element;
    private PageScript? script;
    private MessageView view = MessageView.Elsewhere;
    // Looked up once: the list is drawn with every message.
    private string label = "", newest = "";

    [Parameter, EditorRequired] public Guid Conversation { get; set; }

    /// <summary>The thread whose replies these are; null for a conversation.</summary>
    [Parameter] public Guid? Thread { get; set; }

    [Parameter, EditorRequired] public MessageWindow Window { get; set; } = null!;

    /// <summary>True where new messages are announced: in the open conversation alone.</summary>
    [Parameter] public bool Log { get; set; }

    /// <summary>True if there are messages before the first that is shown.</summary>
    [Parameter] public bool Earlier { get; set; }

    /// <summary>True if there are messages after the last that is shown.</summary>
    [Parameter] public bool Later { get; set; }

    /// <summary>True if the viewer is in the conversation.</summary>
    [Parameter] public bool Joined { get; set; }

    /// <summary>True if the viewer keeps order in the conversation.</summary>
    [Parameter] public bool Keeper { get; set; }

    /// <summary>True where nobody writes any more.</summary>
    [Parameter] public bool Closed { get; set; }

    /// <summary>True for the thread of a question, which one of these may answer.</summary>
    [Parameter] public bool Question { get; set; }

    /// <summary>The one that did.</summary>
    [Parameter] public Guid? Answer { get; set; }

    [Parameter] public long? FirstNew { get; set; }

    [Parameter] public long? Target { get; set; }

    /// <summary>What it says without messages: the name of its text.</summary>
    [Parameter, EditorRequired] public string Empty { get; set; } = "";

    /// <summary>What stands above the messages.</summary>
    [Parameter] public RenderFragment? Top { get; set; }

    [Parameter] public EventCallback OnEarlier { get; set; }

    [Parameter] public EventCallback OnNewest { get; set; }

    /// <summary>Draws the window as it is now, where nothing else has changed.</summary>
    public void Draw() => StateHasChanged();

    protected override void OnInitialized() => (label, newest) = (T[Thread is null ? "Chat.Messages" : "Thread.Replies"], T["Chat.Newest"]);

    protected override async Task OnAfterRenderAsync(bool firstRender)
    {
        if (script is not null) return;
        script = Scripts.Of("/Chat/MessageList.razor.js");
        await script.StartAsync(element, new { conversation = Conversation, thread = Thread }, PageScript.Words(nameof(MessageList), Words));
    }

    private object Words()
    {
        string Icon(string name) => Icons.Svg(name, 18).Value;
        return new
        {
            edit = T["Edit.Edit"].Value, remove = T["Edit.Delete"].Value, sure = T["Edit.Sure"].Value, keep = T["Edit.Keep"].Value,
            save = T["Edit.Save"].Value, cancel = T["Edit.Cancel"].Value, text = T["Edit.Text"].Value, failed = T["Edit.Failed"].Value,
            react = T["Tools.React"].Value, reply = T["Tools.Reply"].Value, pin = T["Tools.Pin"].Value, unpin = T["Tools.Unpin"].Value,
            keepIt = T["Tools.Save"].Value, letGo = T["Tools.Unsave"].Value, link = T["Tools.Link"].Value, linked = T["Tools.Linked"].Value, unread = T["Tools.Unread"].Value, answer = T["Tools.Answer"].Value, unreadNow = T["Tools.UnreadNow"].Value,
            tools = T["Tools.Tools"].Value, more = T["Tools.More"].Value, back = T["Tools.Back"].Value, remind = T["Tools.Remind"].Value, reminded = T["Tools.Reminded"].Value,
            readings = T["Tools.Readings"].Value, readingsShared = T["Tools.Readings.Shared"].Value,
            times = LaterWords.Of(T), order = OrderWords.Of(T),
            icons = new { report = Icon("flag"), hide = Icon("eye-off"), react = Icon("smile-plus"), reply = Icon("message-square-reply"), pin = Icon("pin"), keepIt = Icon("bookmark"), link = Icon("link"), remind = Icon("clock"), readings = Icon("list"), more = Icon("ellipsis"), unread = Icon("mail"), answer = Icon("circle-check"), edit = Icon("pencil"), remove = Icon("trash-2") },
            emoji = EmojiWords.Of(T),
        };
    }

    public async ValueTask DisposeAsync()
    {
        if (script is not null) await script.DisposeAsync();
    }
}
