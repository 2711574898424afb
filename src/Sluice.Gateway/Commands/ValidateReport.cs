using System.Collections.Immutable;
using System.Text.Encodings.Web;
using System.Text.Json;
using Sluice.Configuration;
using Sluice.Documents;

namespace Sluice.Gateway;

/// <summary>What <c>sluice validate</c> found in one file, as text and as JSON.</summary>
/// <param name="File">The file, as it was named.</param>
/// <param name="Faults">What is wrong with it.</param>
/// <param name="Warnings">What is probably not meant.</param>
/// <param name="Servers">What its servers said; empty without <c>--live</c>.</param>
internal sealed record ValidateReport(
    string File, ImmutableArray<Fault> Faults, ImmutableArray<Fault> Warnings, ImmutableArray<ServerReport> Servers)
{
    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web)
    {
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping, // Also in the report for people.
        WriteIndented = true,
    };

    /// <summary>Whether the file has no fault, and no limit that matches nothing.</summary>
    internal bool IsValid => Faults.IsEmpty && Servers.All(server => server.Unmatched.IsEmpty);

    /// <summary>Whether a server could not be checked.</summary>
    internal bool IsUnchecked => Servers.Any(server => server.Listing.Names is null);

    /// <summary>The lines for people.</summary>
    internal IEnumerable<string> Lines()
    {
        if (!Faults.IsEmpty)
        {
            yield return FaultFormatter.Format(Faults);
            yield break;
        }

        foreach (Fault unmatched in Servers.SelectMany(server => server.Unmatched))
        {
            yield return unmatched.ToString();
        }

        if (IsValid)
        {
            yield return $"{File}: valid";
        }

        foreach (Fault warning in Warnings)
        {
            yield return (warning with { Message = warning.Path.Length == 0 ? $"warning: {warning.Message}" : warning.Message, Path = warning.Path.Length == 0 ? "" : $"warning: {warning.Path}" }).ToString();
        }

        foreach (ServerReport server in Servers)
        {
            yield return server.Listing.Names is ServerNames has
                ? $"{File}: server '{server.Server}': checked against {Count(has.Tools, "tool")}, {Count(has.Prompts, "prompt")}, "
                    + $"{Count(has.Resources, "resource")} and {Count(has.Templates, "resource template")}"
                : $"{File}: server '{server.Server}': not checked, since it {server.Listing.Failure}.";
        }
    }

    /// <summary>The reports as one JSON document.</summary>
    internal static string ToJson(IReadOnlyCollection<ValidateReport> reports) => JsonSerializer.Serialize(
        new
        {
            Valid = reports.All(report => report.IsValid),
            Files = reports.Select(report => new
            {
                report.File,
                Valid = report.IsValid,
                Faults = report.Faults.Select(Of),
                Warnings = report.Warnings.Select(Of),
                Servers = report.Servers.Select(server => new
                {
                    server.Server,
                    Checked = server.Listing.Names is not null,
                    server.Listing.Failure,
                    server.Listing.NeedsSignIn,
                    Tools = server.Listing.Names?.Tools.Length,
                    Prompts = server.Listing.Names?.Prompts.Length,
                    Resources = server.Listing.Names?.Resources.Length,
                    ResourceTemplates = server.Listing.Names?.Templates.Length,
                    Unmatched = server.Unmatched.Select(Of),
                }),
            }),
        },
        Json);

    private static object Of(Fault fault) => new { fault.File, fault.Line, fault.Column, fault.Path, fault.Message };

    private static string Count(string[] names, string word) => $"{names.Length} {word}{(names.Length == 1 ? "" : "s")}";
}
