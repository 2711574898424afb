using System.Collections.Immutable;

namespace Sluice.Documents;

/// <summary>The store of the gateway by what manifests say of theirs: one Redis, whose password they do not hold.</summary>
internal static class ManifestStore
{
    private const string WayOut = "Add --store ADDRESS (--store memory keeps buckets in this process), "
        + "or a file with 'store' beside the manifests.";

    /// <summary>The store; in memory when no server has limits, or something is wrong.</summary>
    /// <param name="servers">The servers.</param>
    /// <param name="note">What was decided, as a line; or null.</param>
    internal static StoreConfiguration Of(ImmutableArray<ToolHiveServer> servers, out string? note)
    {
        note = null;
        ToolHiveServer[] limited = [.. servers.Where(server => server is { Policy: not null, Storage.Address: not null })];
        if (limited is not [ToolHiveServer first, ..])
        {
            return StoreConfiguration.Memory;
        }

        ToolHiveStorage storage = first.Storage!;
        FaultList faults = first.Manifest.Document.Faults;
        RedisAddress? address = RedisAddressReader.Read(new MarkedText(storage.Address!.Value), out string? wrong);
        if (address is null)
        {
            faults.Add(storage.Address, storage.AddressPath, wrong!);
            return StoreConfiguration.Memory;
        }

        bool isRight = true;
        foreach (ToolHiveServer server in limited)
        {
            isRight &= Check(server, storage, first);
        }

        if (isRight)
        {
            note = $"buckets are in Redis, at sessionStorage.address of {Path.GetFileName(faults.File)}.";
        }

        return new StoreConfiguration
        {
            Redis = address.Text,
            User = address.User,
            Password = address.Password,
            Database = address.Database ?? storage.Database,
        };
    }

    private static bool Check(ToolHiveServer server, ToolHiveStorage expected, ToolHiveServer first)
    {
        ToolHiveStorage storage = server.Storage!;
        FaultList faults = server.Manifest.Document.Faults;
        if (storage.PasswordPath is string password)
        {
            faults.Add(storage.Address!, password, $"refers to a Secret with the password of Redis, and Sluice reads no Secrets. {WayOut}");
            return false;
        }

        if (storage.Address!.Value == expected.Address!.Value && storage.Database == expected.Database)
        {
            return true;
        }

        faults.Add(
            storage.Address, storage.AddressPath, $"differs from that of '{first.Name}', and a gateway keeps all buckets in one store. "
                + WayOut);
        return false;
    }
}
