namespace Sluice.Mcp;

/// <summary>Takes the keys of one object: finds the protocol's, and notices every key that comes twice.</summary>
internal struct ObjectKeys(ProtocolKeys protocolKeys)
{
    /// <summary>The most keys that are not the protocol's: each costs memory for as long as the object is read.</summary>
    internal const int MaxOtherKeys = 1_000;

    private uint _seen;
    private HashSet<string>? _others;

    /// <summary>Takes the key in the current token.</summary>
    /// <param name="tokens">The current token is a key.</param>
    /// <param name="key">
    /// The index of the protocol's key that it is or, by <paramref name="fault"/>, resembles; or <see cref="ProtocolKeys.None"/>.
    /// </param>
    /// <param name="fault">Null, or the rule that the key breaks; its value must then not be used.</param>
    internal void Take(in JsonTokens tokens, out int key, out ReadFault? fault)
    {
        key = ProtocolKeys.None;
        if (!tokens.IsText)
        {
            fault = ReadFault.HalfCharacter;
            return;
        }

        key = protocolKeys.Find(tokens.Raw);
        if (key != ProtocolKeys.None)
        {
            uint bit = 1u << key;
            fault = (_seen & bit) == 0 ? null : ReadFault.KeyTwice;
            _seen |= bit;
            return;
        }

        key = protocolKeys.FindResembled(tokens);
        fault = key != ProtocolKeys.None ? ReadFault.KeyInDisguise
            : _others?.Count == MaxOtherKeys ? ReadFault.TooManyKeys
            : TakeOther(tokens.GetText());
    }

    private ReadFault? TakeOther(string key) =>
        key.Contains('\0') ? ReadFault.ZeroInKey // Where strings end at zero, it is the key before it.
        : (_others ??= new(StringComparer.Ordinal)).Add(key) ? null
        : ReadFault.KeyTwice;
}
