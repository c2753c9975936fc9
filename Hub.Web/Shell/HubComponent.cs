using Hub.Domain.People;
using Microsoft.AspNetCore.Components;

namespace Hub.Web.Shell;

/// <summary>A component that acts for somebody: the actor comes down from <see cref="Routes"/> and goes into every service call.</summary>
public abstract class HubComponent : ComponentBase
{
    [CascadingParameter] public Actor Actor { get; set; } = null!;
}
