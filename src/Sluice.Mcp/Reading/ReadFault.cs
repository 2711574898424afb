namespace Sluice.Mcp;

/// <summary>A rule that a body breaks. The sentences are fixed: none repeats what was sent.</summary>
/// <param name="Code">The code of the JSON-RPC error.</param>
/// <param name="Message">The rule.</param>
internal sealed record ReadFault(int Code, string Message)
{
    internal static readonly ReadFault ByteOrderMark = NotJson("The body begins with a byte order mark.");
    internal static readonly ReadFault NotUtf8 = NotJson("The body is not UTF-8.");
    internal static readonly ReadFault NotOneValue = NotJson("The body is not one complete JSON value.");
    internal static readonly ReadFault TooDeep = NotJson($"The body is nested deeper than {McpReader.MaxDepth} levels.");
    internal static readonly ReadFault HalfCharacter = NotJson("A string of the protocol holds half of a surrogate pair.");

    internal static readonly ReadFault Batch = Invalid("Batches are not accepted. Send one message per request.");
    internal static readonly ReadFault NotAnObject = Invalid("The body is not a JSON object.");
    internal static readonly ReadFault KeyTwice = Invalid("A key is there twice in the message or in 'params'.");
    internal static readonly ReadFault KeyInDisguise =
        Invalid("A key of the message or of 'params' differs from one of the protocol's only by case or by escapes.");

    internal static readonly ReadFault ZeroInKey = Invalid("A key of the message or of 'params' holds the character zero.");
    internal static readonly ReadFault TooManyKeys =
        Invalid($"The message and 'params' may each have {ObjectKeys.MaxOtherKeys} keys that the protocol does not know.");

    internal static readonly ReadFault Version = Invalid("'jsonrpc' must be \"2.0\".");
    internal static readonly ReadFault IdKind = Invalid("'id' must be a string or a number.");
    internal static readonly ReadFault ParamsKind = Invalid("'params' must be an object.");
    internal static readonly ReadFault BadMethod =
        Invalid($"'method' must be a string of 1 to {MethodNames.MaxLength} letters, digits and _ $ . / -");

    internal static readonly ReadFault MethodInDisguise = Invalid("'method' differs from one of the protocol's only by case.");
    internal static readonly ReadFault NotificationWithId = Invalid("A notification has no 'id'.");
    internal static readonly ReadFault CallAndResponse = Invalid("A message has 'method', or 'result' or 'error', not both.");
    internal static readonly ReadFault ResultAndError = Invalid("A response has 'result' or 'error', not both.");
    internal static readonly ReadFault Nothing = Invalid("A message needs 'method', 'result' or 'error'.");
    internal static readonly ReadFault ResultWithoutId = Invalid("A message with 'result' needs an 'id'.");

    internal static readonly ReadFault NameMissing = BadParams("'params.name' must be a string.");
    internal static readonly ReadFault UriMissing = BadParams("'params.uri' must be a string.");
    internal static readonly ReadFault OperationTooLong =
        BadParams($"'params.name' and 'params.uri' may take {McpReader.MaxOperationBytes} bytes.");

    internal static readonly ReadFault ZeroInOperation = BadParams("'params.name' and 'params.uri' must not hold the character zero.");

    private static ReadFault NotJson(string rule) => new(McpReadError.ParseError, rule);

    private static ReadFault Invalid(string rule) => new(McpReadError.InvalidRequest, rule);

    private static ReadFault BadParams(string rule) => new(McpReadError.InvalidParams, rule);
}
