using System.Collections.Immutable;
using Sluice.Configuration;

namespace Sluice.Gateway;

/// <summary>What the check of a server found.</summary>
/// <param name="Server">The server's name.</param>
/// <param name="Listing">What the server has, or why that is not known.</param>
/// <param name="Unmatched">The limits that match nothing, and the names that clash.</param>
internal sealed record ServerReport(string Server, ServerListing Listing, ImmutableArray<Fault> Unmatched);
