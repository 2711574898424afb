namespace Sluice;

/// <summary>When a response says what the limits have left.</summary>
public enum LimitHeadersMode
{
    /// <summary>On rejections; the default.</summary>
    OnRefusal = 0,

    /// <summary>On every metered call.</summary>
    Always = 1,

    /// <summary>Never; <c>Retry-After</c> stays.</summary>
    Never = 2,
}
