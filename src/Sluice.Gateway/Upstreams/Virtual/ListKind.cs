namespace Sluice.Gateway;

/// <summary>A list that servers have.</summary>
/// <param name="Index">Its place in <see cref="All"/>.</param>
/// <param name="Method">The method that asks for it.</param>
/// <param name="Field">The field of the result that holds it.</param>
/// <param name="Key">The field of an entry by which clients name it.</param>
/// <param name="Capability">The capability of servers that have it.</param>
/// <param name="Noun">What an entry is called.</param>
/// <param name="IsNamed">Whether entries have names, which get a prefix, or URIs, which do not.</param>
/// <remarks>Source: Model Context Protocol, revision 2025-11-25, Server Features.</remarks>
internal sealed record ListKind(
    int Index, string Method, string Field, string Key, BackendCapabilities Capability, string Noun, bool IsNamed)
{
    internal static readonly ListKind Tools = new(0, "tools/list", "tools", "name", BackendCapabilities.Tools, "tool", IsNamed: true);

    internal static readonly ListKind Prompts = new(
        1, "prompts/list", "prompts", "name", BackendCapabilities.Prompts, "prompt", IsNamed: true);

    internal static readonly ListKind Resources =
        new(2, "resources/list", "resources", "uri", BackendCapabilities.Resources, "resource", IsNamed: false);

    internal static readonly ListKind Templates =
        new(3, "resources/templates/list", "resourceTemplates", "uriTemplate", BackendCapabilities.Resources, "resource template", IsNamed: false);

    internal static readonly ListKind[] All = [Tools, Prompts, Resources, Templates];

    /// <summary>The list that a method asks for; or null.</summary>
    internal static ListKind? Of(string method) => Array.Find(All, kind => kind.Method == method);

    /// <summary>The lists that a notification says have changed.</summary>
    internal static IEnumerable<ListKind> ChangedBy(string method) => method switch
    {
        "notifications/tools/list_changed" => [Tools],
        "notifications/prompts/list_changed" => [Prompts],
        "notifications/resources/list_changed" => [Resources, Templates],
        _ => [],
    };
}
