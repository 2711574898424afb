namespace Sluice.Gateway;

/// <summary>The lists of a server, or why they could not be had.</summary>
/// <param name="Names">The lists; null when they could not be had.</param>
/// <param name="Failure">Why, as a clause without a secret: <c>refused the connection</c>.</param>
/// <param name="NeedsSignIn">Whether the server answered 401 or 403, so that only a user's token would help.</param>
internal sealed record ServerListing(ServerNames? Names, string? Failure, bool NeedsSignIn)
{
    internal static ServerListing Failed(string why, bool needsSignIn = false) => new(null, why, needsSignIn);
}
