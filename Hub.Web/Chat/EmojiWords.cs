using Microsoft.Extensions.Localization;

namespace Hub.Web.Chat;

/// <summary>What the emoji picker of the browser (<c>js/emoji.js</c>) says; its groups in their order.</summary>
internal static class EmojiWords
{
    public static object Of(IStringLocalizer<ChatText> words) => new
    {
        title = words["Emoji.Title"].Value, search = words["Emoji.Search"].Value, none = words["Emoji.None"].Value, close = words["Emoji.Close"].Value, failed = words["Emoji.Failed"].Value,
        recent = words["Emoji.Recent"].Value,
        groups = new[]
        {
            words["Emoji.Smileys"].Value, words["Emoji.People"].Value, words["Emoji.Nature"].Value, words["Emoji.Food"].Value, words["Emoji.Places"].Value,
            words["Emoji.Activities"].Value, words["Emoji.Objects"].Value, words["Emoji.Symbols"].Value, words["Emoji.Flags"].Value,
        },
    };
}
