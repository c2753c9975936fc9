using MudBlazor;

namespace Hub.Web.Shell;

/// <summary>
/// What MudBlazor must know in C#. Its colours come from hub.css: the tokens there are laid over --mud-palette-*, so that both
/// themes have one source and follow the reader's system without a circuit.
/// </summary>
internal static class HubTheme
{
    private static readonly string[] Font = ["Atkinson Hyperlegible Next", "system-ui", "sans-serif"];

    public static readonly MudTheme Mud = new()
    {
        LayoutProperties = new LayoutProperties { DefaultBorderRadius = "6px" },
        Typography = new Typography
        {
            Default = new DefaultTypography { FontFamily = Font, FontSize = "15px", FontWeight = "400", LineHeight = "22px", LetterSpacing = "0" },
            Button = new ButtonTypography { FontFamily = Font, FontSize = "15px", FontWeight = "620", LineHeight = "20px", LetterSpacing = "0", TextTransform = "none" },
            H6 = new H6Typography { FontFamily = Font, FontSize = "20px", FontWeight = "680", LineHeight = "26px", LetterSpacing = "0" },
        },
    };
}
