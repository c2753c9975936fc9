using Bunit;
using Hub.Domain.Devices;
using Hub.Domain.Live;
using Hub.Web.Fixes;
using Hub.Web.Live;
using Microsoft.Extensions.DependencyInjection;

namespace Hub.Tests.Fixes;

public sealed class RunPageTests
{
    [Fact]
    public async Task A_page_that_goes_on_to_another_run_watches_that_one_only()
    {
        await using var fixes = await FixHub.StartAsync("Sqlite");
        var (one, two) = (await fixes.RunAsync("slow-laptop"), await fixes.RunAsync("cannot-join-wifi"));
        var live = fixes.Hub.Get<LiveBus>();
        await using var browser = new BunitContext();
        browser.Services.AddLocalization().AddSingleton(fixes.Runs).AddSingleton(fixes.Fixes).AddSingleton(fixes.Hub.Get<DeviceService>()).AddSingleton(live).AddScoped<LivePage>();
        browser.SetRendererInfo(new("Server", true));

        var page = browser.Render<RunPage>(p => p.Add(x => x.Id, one.Id).AddCascadingValue(fixes.Hub.Amara));
        page.WaitForAssertion(() => Assert.Equal(one.Fix.Title, page.Find("h1").TextContent));
        Assert.Equal(1, live.WatchCount);
        page.Render(p => p.Add(x => x.Id, two.Id));
        page.WaitForAssertion(() => Assert.Equal(two.Fix.Title, page.Find("h1").TextContent));
        Assert.Equal(1, live.WatchCount);
    }
}
