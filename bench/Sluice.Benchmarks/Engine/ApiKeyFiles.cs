using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Sluice.Documents;
using Sluice.Gateway;

namespace Sluice.Benchmarks;

/// <summary>API keys in a file, as a gateway reads them.</summary>
internal static class ApiKeyFiles
{
    internal const int Many = 100_000;

    /// <summary>A key of a caller: as long and as random to look at as those of <c>sluice new-key</c>.</summary>
    internal static string Key(int caller) =>
        "sluice_" + Convert.ToBase64String(SHA256.HashData(Encoding.UTF8.GetBytes(caller.ToString(CultureInfo.InvariantCulture))));

    /// <summary>The keys of a file with so many entries, each with a user, a tenant and scopes.</summary>
    internal static ApiKeyTable Load(int count)
    {
        DirectoryInfo folder = Directory.CreateTempSubdirectory("sluice-bench");
        try
        {
            using (StreamWriter file = File.CreateText(Path.Combine(folder.FullName, "keys.yaml")))
            {
                for (int caller = 0; caller < count; caller++)
                {
                    string hash = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(Key(caller))));
                    file.WriteLine(
                        $"- {{ user: user-{caller}@example.com, tenant: tenant-{caller % 500}, scopes: [\"files:read\", \"files:write\"], sha256: {hash} }}");
                }
            }

            const string Gateway = """
                auth: { apiKeys: { file: keys.yaml } }
                servers: [{ name: bench, upstream: "http://127.0.0.1:1/mcp", rateLimiting: { perUser: 100/1m } }]
                """;
            return GatewayFile.Parse(Gateway, Path.Combine(folder.FullName, "sluice.yaml")).RequireConfiguration().Auth.ApiKeys;
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    /// <summary>What a key costs in memory, and what its caller costs besides once the key has been used.</summary>
    internal static (double Stored, double Used) BytesPerKey()
    {
        string[] sent = [.. Enumerable.Range(0, Many).Select(Key)];
        Use(new KnownKeys(Load(10), userSpansTenants: false, claimNames: []), sent[..10]); // What the runtime compiles is no memory of a key.
        long before = GC.GetTotalMemory(forceFullCollection: true);
        KnownKeys keys = new(Load(Many), userSpansTenants: false, claimNames: []);
        long loaded = GC.GetTotalMemory(forceFullCollection: true);
        Use(keys, sent);
        long used = GC.GetTotalMemory(forceFullCollection: true);
        GC.KeepAlive(keys);
        GC.KeepAlive(sent);
        return ((double)(loaded - before) / Many, (double)(used - loaded) / Many);
    }

    private static void Use(KnownKeys keys, string[] sent)
    {
        foreach (string key in sent)
        {
            Require.That(keys.Find(key)?.Caller is not null, "A key was not found.");
        }
    }
}
