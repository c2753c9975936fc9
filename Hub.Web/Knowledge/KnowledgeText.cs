using Hub.Web.Shell;

namespace Hub.Web.Knowledge;

/// <summary>Resources of articles: KnowledgeText.resx.</summary>
[RoomText]
internal sealed class KnowledgeText;
