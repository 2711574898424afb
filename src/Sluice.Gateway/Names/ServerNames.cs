namespace Sluice.Gateway;

/// <summary>What a server says that it has.</summary>
/// <param name="Tools">The names of its tools.</param>
/// <param name="Prompts">The names of its prompts.</param>
/// <param name="Resources">The URIs of its resources.</param>
/// <param name="Templates">The URI templates of its resources.</param>
/// <param name="MethodGroups">The first parts of the methods of the capabilities that it declares, such as <c>tools</c>.</param>
internal sealed record ServerNames(
    string[] Tools, string[] Prompts, string[] Resources, string[] Templates, string[] MethodGroups)
{
    /// <summary>Those of one list.</summary>
    internal string[] Of(ListKind kind) =>
        kind == ListKind.Tools ? Tools : kind == ListKind.Prompts ? Prompts : kind == ListKind.Resources ? Resources : Templates;
}
