namespace Sluice.Gateway;

/// <summary>Is told of every metered call, once it is decided.</summary>
/// <remarks>Thread safety: called from any thread, and must not block.</remarks>
internal interface ICallObserver
{
    /// <summary>A metered call was decided.</summary>
    void Decided(in DecidedCall call);
}
