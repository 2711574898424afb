using System.Collections.Frozen;

namespace Sluice.Configuration;

/// <summary>Names and values that other products use for what the schema calls differently.</summary>
internal static class ForeignNames
{
    /// <summary>The fields of the schema for a name of another product; the first that is known at a place is meant.</summary>
    private static readonly FrozenDictionary<string, string[]> Fields = new Dictionary<string, string[]>
    {
        ["global"] = ["shared"],
        ["globallimit"] = ["shared"],
        ["bytenant"] = ["perTenant"],
        ["byuser"] = ["perUser"],
        ["byclient"] = ["perClient"],
        ["bytool"] = ["tools"],
        ["byprompt"] = ["prompts"],
        ["byresource"] = ["resources"],
        ["bymethod"] = ["methods"],
        ["failmode"] = ["onStoreFailure"],
        ["failuremode"] = ["onStoreFailure"],
        ["requestsperwindow"] = ["maxTokens", "shared"],
        ["maxrequests"] = ["maxTokens", "shared"],
        ["requests"] = ["maxTokens", "shared"],
        ["limit"] = ["maxTokens", "shared"],
        ["maxrequestspersecond"] = ["maxTokens", "shared"],
        ["requestspersecond"] = ["maxTokens", "shared"],
        ["requestsperminute"] = ["maxTokens", "shared"],
        ["burstcapacity"] = ["burst"],
        ["burstsize"] = ["burst"],
        ["window"] = ["refillPeriod"],
        ["windowseconds"] = ["refillPeriod"],
        ["windowminutes"] = ["refillPeriod"],
        ["windowms"] = ["refillPeriod"],
        ["period"] = ["refillPeriod"],
        ["interval"] = ["refillPeriod"],
        ["per"] = ["refillPeriod"],
        ["redisurl"] = ["redis"],
        ["backend"] = ["store"],
        ["ratelimits"] = ["rateLimiting"],
    }.ToFrozenDictionary();

    /// <summary>The values of the schema for those of another product, by field.</summary>
    private static readonly FrozenDictionary<(string Field, string Value), string> Values = new Dictionary<(string, string), string>
    {
        [("onStoreFailure", "open")] = "allow",
        [("onStoreFailure", "failopen")] = "allow",
        [("onStoreFailure", "closed")] = "deny",
        [("onStoreFailure", "failclosed")] = "deny",
        [("mode", "dryrun")] = "permissive",
        [("mode", "shadow")] = "permissive",
        [("mode", "report")] = "permissive",
        [("mode", "log")] = "permissive",
        [("mode", "off")] = "disabled",
        [("algorithm", "gcra")] = "tokenBucket",
        [("algorithm", "leakybucket")] = "tokenBucket",
    }.ToFrozenDictionary();

    /// <summary>The field that another product's name means at a place; else null.</summary>
    internal static string? FindField(string name, IReadOnlyCollection<string> known) =>
        Fields.TryGetValue(Folded(name), out string[]? meant) ? meant.FirstOrDefault(known.Contains) : null;

    /// <summary>The value that another product's value of a field means; else null.</summary>
    internal static string? FindValue(string field, string value) => Values.GetValueOrDefault((field, Folded(value)));

    // by_user, by-user and byUser are one name.
    private static string Folded(string name) =>
        name.Replace("_", "", StringComparison.Ordinal).Replace("-", "", StringComparison.Ordinal).ToLowerInvariant();
}
