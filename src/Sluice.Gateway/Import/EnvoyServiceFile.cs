using System.Collections.Immutable;
using Sluice.Configuration;

namespace Sluice.Gateway;

/// <summary>A file of Envoy's rate limit service: a domain, and a tree of descriptors.</summary>
internal sealed class EnvoyServiceFile(SourceGroup root, ImportedDocument document, EnvoyLimits limits)
{
    private static readonly string[] Users = ["user", "user_id", "sub", "jwt_sub"];
    private static readonly string[] Tools = ["tool", "tool_name", "mcp_tool"];

    internal void Read()
    {
        root.Skip("domain");
        ReadAll(root, []);
        root.NoteUnknown();
        document.Note(
            "Envoy's service counts a call by the most specific descriptor that matches, alone. Here every limit that matches applies.");
        document.Note(
            "Envoy's service has fixed windows by the clock: written as fixedWindow with align, "
                + "of which twice the count can pass around a window's edge.");
        document.Note("Envoy's service also counts calls that it rejects; here a rejected call is charged to no limit.");
    }

    private void ReadAll(SourceGroup parent, ImmutableArray<(string Key, string? Value)> above)
    {
        foreach (SourceGroup descriptor in parent.Groups("descriptors"))
        {
            if (descriptor.Text("key") is not string key)
            {
                descriptor.Fault("key", "a descriptor needs a key.");
                continue;
            }

            ImmutableArray<(string Key, string? Value)> path = above.Add((key, descriptor.Text("value")));
            bool isShadow = descriptor.Text("shadow_mode") == "true";
            if (descriptor.Group("rate_limit") is SourceGroup rate)
            {
                ReadLimit(descriptor, rate, path, isShadow);
            }

            ReadAll(descriptor, path);
            descriptor.NoteUnknown();
        }
    }

    private void ReadLimit(SourceGroup descriptor, SourceGroup group, ImmutableArray<(string Key, string? Value)> path, bool isShadow)
    {
        string? given = group.Text("name");
        group.LeaveOut("replaces", "is left out: all limits that match apply here.");
        if (group.Text("unlimited") == "true")
        {
            group.Note(
                "unlimited",
                "is left out: a call here passes freely only where no other limit matches it. Write an override with 'unlimited'.");
            return;
        }

        Rate? rate = EnvoyLimits.ReadRate(group, "requests_per_unit", isGlobal: true);
        group.NoteUnknown();
        if (path.FirstOrDefault(part => part.Value is null && Tools.Contains(part.Key)).Key is string open)
        {
            descriptor.Note(
                "key",
                $"{Shown.Quote(open)} without a value has a bucket for each tool, which has no equivalent: the limit is left out. "
                    + "Write an entry for each tool.");
            return;
        }

        if (rate is null)
        {
            return;
        }

        string name = given ?? string.Join('.', path.Select(part => part.Value is null ? part.Key : $"{part.Key}-{part.Value}"));
        limits.KnowsCallers |= path.Any(part => !Tools.Contains(part.Key));
        NoteClaims(descriptor, path);
        limits.Add(entry => Write(entry, NameOf(name), rate, path, isShadow));
    }

    private static void NoteClaims(SourceGroup descriptor, ImmutableArray<(string Key, string? Value)> path)
    {
        foreach ((string key, _) in path.Where(part => !Tools.Contains(part.Key) && !Users.Contains(part.Key) && part.Key is not ("tenant" or "client")))
        {
            descriptor.Note(
                "key", $"{Shown.Quote(key)} is read as a claim of the caller. What Envoy puts there is not in this file: check it.");
        }
    }

    private static void Write(OutputGroup entry, string name, Rate rate, ImmutableArray<(string Key, string? Value)> path, bool isShadow)
    {
        entry.Add("name", name);
        entry.Add("per", path.Where(part => part.Value is null).Select(part => PartOf(part.Key)));
        List<(string Key, string Value)> fixedParts = [.. path.Where(part => part.Value is not null).Select(part => (part.Key, part.Value!))];
        if (fixedParts.Count > 0)
        {
            OutputGroup when = entry.AddGroup("when");
            OutputGroup? claims = null;
            foreach ((string key, string value) in fixedParts)
            {
                string part = Tools.Contains(key) ? "tool" : PartOf(key);
                if (part.StartsWith("claim:", StringComparison.Ordinal))
                {
                    claims ??= when.AddGroup("claims");
                    claims.Add(key, [value]);
                }
                else
                {
                    when.Add($"{part}s", [value]);
                }
            }
        }

        entry.Add("rate", [rate]);
        if (isShadow)
        {
            entry.Add("mode", "permissive");
        }
    }

    private static string PartOf(string key) => Users.Contains(key) ? "user" : key is "tenant" or "client" ? key : $"claim:{key}";

    // A name here has 64 of a few characters.
    private static string NameOf(string text)
    {
        string name = string.Concat(text.Select(c => char.IsAsciiLetterOrDigit(c) || c is '_' or '.' or '-' ? c : '-'));
        return name.Length > 64 ? name[..64] : name;
    }
}
