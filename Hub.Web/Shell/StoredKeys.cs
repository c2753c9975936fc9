using System.Xml.Linq;
using Hub.Domain;
using Hub.Domain.Storage;
using Microsoft.AspNetCore.DataProtection.KeyManagement;
using Microsoft.AspNetCore.DataProtection.Repositories;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Options;

namespace Hub.Web.Shell;

/// <summary>Data Protection keys live in HubDb, so that every node reads the same cookies and a restart signs nobody out.</summary>
internal sealed class StoredKeys(IDbContextFactory<HubDb> hub, TimeProvider clock) : IXmlRepository, IConfigureOptions<KeyManagementOptions>
{
    public void Configure(KeyManagementOptions options) => options.XmlRepository = this;

    public IReadOnlyCollection<XElement> GetAllElements()
    {
        using var db = hub.CreateDbContext();
        return [.. db.ProtectionKeys.Select(k => k.Xml).AsEnumerable().Select(x => XElement.Parse(x))];
    }

    public void StoreElement(XElement element, string friendlyName)
    {
        using var db = hub.CreateDbContext();
        db.ProtectionKeys.Add(new ProtectionKey { Id = clock.NewId(), Name = friendlyName, Xml = element.ToString(SaveOptions.DisableFormatting) });
        db.SaveChanges();
    }
}
