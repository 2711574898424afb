using System.Text;

namespace Sluice.Gateway.Tests.Reload;

/// <summary>A random document, and what each decision under it must look like.</summary>
internal sealed class StormDocument
{
    /// <summary>The keys that clients use. Each document gives them to other users, and leaves some out.</summary>
    internal const int Keys = 5;

    /// <summary>The users whose calls are made one after another, so that their buckets can be followed.</summary>
    internal const int FollowedUsers = 400;

    private static readonly string[] Names = ["a", "b", "c"];
    private readonly Dictionary<string, Server> _servers = new(StringComparer.Ordinal);
    private readonly string?[] _users = new string?[Keys];
    private readonly int _number;

    /// <param name="number">Makes it differ from every other.</param>
    /// <param name="random">Draws the rest.</param>
    internal StormDocument(int number, Random random)
    {
        _number = number;
        for (int key = 0; key < Keys; key++)
        {
            _users[key] = random.Next(6) == 0 ? null : $"user-{(key + number) % Keys}";
        }

        foreach (string name in Names.Where(name => name == "a" || random.Next(3) > 0))
        {
            _servers.Add(name, new Server(
                PerUser: random.Next(3, 12),
                OfX: random.Next(3) == 0 ? null : random.Next(2, 10),
                AllowsX: name == "a" || random.Next(2) == 0,
                AllowsY: random.Next(2) == 0));
        }
    }

    /// <summary>The path of a server.</summary>
    internal static string PathOf(string server) => $"/{server}/mcp";

    /// <summary>The key of a followed user.</summary>
    internal static string FollowedKey(int user) => $"followed-key-{user}";

    /// <summary>The text of the file.</summary>
    /// <param name="upstream">The server behind every name.</param>
    internal string Text(Uri upstream)
    {
        StringBuilder text = new($"# {_number}\nauth:\n  apiKeys:\n");
        for (int key = 0; key < Keys; key++)
        {
            if (_users[key] is string user)
            {
                text.Append($"    - {{ user: {user}, sha256: {GatewayFixture.HashOf($"key-{key}")} }}\n");
            }
        }

        text.Append("    - { file: followed.yaml }\nservers:\n");
        foreach ((string name, Server server) in _servers)
        {
            string tools = server.OfX is int ofX ? $", tools: [ {{ name: \"x-*\", perUser: {Rate(ofX)} }} ]" : "";
            string[] allowed = [.. new[] { server.AllowsX ? "\"x-*\"" : null, server.AllowsY ? "\"y-*\"" : null, "none" }.OfType<string>()];
            text.Append($"  - {{ name: {name}, upstream: \"{upstream}\", allow: [ {{ tools: [{string.Join(", ", allowed)}] }} ], ")
                .Append($"rateLimiting: {{ perUser: {Rate(server.PerUser)}{tools} }} }}\n");
        }

        return text.ToString();
    }

    /// <summary>Null, or what of a decision is not of this document.</summary>
    /// <param name="server">The server that was called.</param>
    /// <param name="tool">The tool; its end is the number of the key, or of the followed user.</param>
    /// <param name="user">Who called.</param>
    /// <param name="capacities">The capacities of the limits that were asked, sorted.</param>
    internal string? WhyNot(string server, string tool, string? user, int[] capacities)
    {
        string[] parts = tool.Split('-');
        string? expectedUser = parts[1] == "f" ? $"followed-{parts[2]}" : _users[int.Parse(parts[1], System.Globalization.CultureInfo.InvariantCulture)];
        if (!_servers.TryGetValue(server, out Server? of))
        {
            return $"has no server '{server}'";
        }

        int[] expected = [.. CapacitiesOf(of, parts[0]).Order()];
        return user != expectedUser ? $"gives the key to '{expectedUser}', not to '{user}'"
            : !(parts[0] == "x" ? of.AllowsX : of.AllowsY) ? $"does not allow '{tool}' on '{server}'"
            : !expected.SequenceEqual(capacities) ? $"has the capacities {string.Join(' ', expected)}, not {string.Join(' ', capacities)}"
            : null;
    }

    /// <summary>The capacities of the limits of the server <c>a</c>, for the user and for the tools of the user.</summary>
    internal (int PerUser, int? OfX) Followed => (_servers["a"].PerUser, _servers["a"].OfX);

    private static IEnumerable<int> CapacitiesOf(Server server, string kind)
    {
        yield return server.PerUser;
        if (kind == "x" && server.OfX is int ofX)
        {
            yield return ofX;
        }
    }

    private static string Rate(int capacity) => $"{{ maxTokens: {capacity}, refillPeriod: 1d, algorithm: fixedWindow }}";

    private sealed record Server(int PerUser, int? OfX, bool AllowsX, bool AllowsY);
}
