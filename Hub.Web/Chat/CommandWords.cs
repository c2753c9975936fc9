using Microsoft.Extensions.Localization;

namespace Hub.Web.Chat;

/// <summary>What the commands of the box say (<c>js/commands.js</c>): each with what stands after it and what it does, in the order in which they are listed.</summary>
internal static class CommandWords
{
    /// <summary>Most people whom <c>/meet</c> brings into the booking form.</summary>
    public const int MostToMeet = 20;

    public static object Of(IStringLocalizer<ChatText> words) => new
    {
        mostToMeet = MostToMeet,
        all = new object[]
        {
            new { name = "fix", takes = words["Command.Fix.Takes"].Value, does = words["Command.Fix.Does"].Value },
            new { name = "article", takes = words["Command.Article.Takes"].Value, does = words["Command.Article.Does"].Value },
            new { name = "meet", takes = words["Command.Meet.Takes"].Value, does = words["Command.Meet.Does", MostToMeet].Value },
            new { name = "remind", takes = words["Command.Remind.Takes"].Value, does = words["Command.Remind.Does"].Value },
            new { name = "away", takes = words["Command.Away.Takes"].Value, does = words["Command.Away.Does"].Value },
            new { name = "dnd", takes = words["Command.Dnd.Takes"].Value, does = words["Command.Dnd.Does"].Value },
            new { name = "invite", takes = words["Command.Invite.Takes"].Value, does = words["Command.Invite.Does"].Value },
            new { name = "topic", takes = words["Command.Topic.Takes"].Value, does = words["Command.Topic.Does"].Value },
            new { name = "help", takes = "", does = words["Command.Help.Does"].Value },
        },
        list = words["Command.List"].Value, choices = words["Command.Choices"].Value, oneFound = words["Command.OneFound"].Value, found = words["Command.Found"].Value,
        helpText = words["Command.Help.Text"].Value, helpShown = words["Command.Help.Shown"].Value, helpClose = words["Command.Help.Close"].Value,
        unknown = words["Command.Unknown"].Value, failed = words["Command.Failed"].Value, nothing = words["Command.Nothing"].Value, noWords = words["Command.Words"].Value, time = words["Command.Time"].Value,
        peopleNone = words["Command.People.None"].Value, peopleUnknown = words["Command.People.Unknown"].Value,
        away = words["Command.Away.Done"].Value, awayUntil = words["Command.Away.Until"].Value, dnd = words["Command.Dnd.Done"].Value, back = words["Command.Back"].Value,
        remind = words["Command.Remind.Done"].Value, remindTime = words["Command.Remind.Time"].Value, times = LaterWords.Names(words),
        topic = words["Command.Topic.Done"].Value, noTopic = words["Command.Topic.None"].Value, invited = words["Invite.Added"].Value, there = words["Invite.There"].Value,
    };
}
