namespace Sluice.Redis;

/// <summary>The state of a call in Redis, as far as this process knows.</summary>
internal enum CallFate
{
    /// <summary>It was not sent.</summary>
    Unsent,

    /// <summary>It was sent, and its run has not ended.</summary>
    OnItsWay,

    /// <summary>Redis admitted it and charged it.</summary>
    Charged,

    /// <summary>Redis did not charge it, or its run failed.</summary>
    NotCharged,
}
