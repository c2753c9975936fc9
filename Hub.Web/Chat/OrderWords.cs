using Hub.Domain.Chat;
using Microsoft.Extensions.Localization;

namespace Hub.Web.Chat;

/// <summary>What the dialogs for reporting and hiding a message say (<c>js/order.js</c>).</summary>
internal static class OrderWords
{
    public static object Of(IStringLocalizer<ChatText> words) => new
    {
        report = words["Report.Report"].Value, reportText = words["Report.Text"].Value, why = words["Report.Why"].Value, own = words["Report.Own"].Value, send = words["Report.Send"].Value, reported = words["Report.Reported"].Value,
        hide = words["Hidden.Hide"].Value, hideText = words["Hidden.Text"].Value, reason = words["Hidden.Reason"].Value, close = words["Edit.Cancel"].Value,
        reasons = Enum.GetValues<ReportReason>().ToDictionary(r => char.ToLowerInvariant(r.ToString()[0]) + r.ToString()[1..], r => words[$"Report.{r}"].Value),
    };
}
