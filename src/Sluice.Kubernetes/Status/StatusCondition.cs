namespace Sluice.Kubernetes;

/// <summary>A condition of an object's status, without the instant of its last change.</summary>
/// <param name="Type">What it is about.</param>
/// <param name="Status">True, False or Unknown.</param>
/// <param name="Reason">Why, as one word.</param>
/// <param name="Message">Why, for people.</param>
/// <param name="Generation">The generation of the object that it is about.</param>
internal sealed record StatusCondition(string Type, string Status, string Reason, string Message, long Generation);
