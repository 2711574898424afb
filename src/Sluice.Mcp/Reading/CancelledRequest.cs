using System.Text.Json;

namespace Sluice.Mcp;

/// <summary>Reads which request a <c>notifications/cancelled</c> names.</summary>
internal static class CancelledRequest
{
    /// <summary>The notification.</summary>
    internal const string Method = "notifications/cancelled";

    /// <summary>The bytes of <c>params.requestId</c>; empty if the field is missing.</summary>
    /// <param name="message">The notification, which was read as one message before.</param>
    internal static ReadOnlyMemory<byte> IdOf(ReadOnlyMemory<byte> message)
    {
        Utf8JsonReader json = new(message.Span);
        bool isInParams = false;
        while (json.Read())
        {
            if (json.TokenType != JsonTokenType.PropertyName)
            {
                continue;
            }

            bool isParams = json.CurrentDepth == 1 && json.ValueTextEquals("params"u8);
            bool isId = isInParams && json.CurrentDepth == 2 && json.ValueTextEquals("requestId"u8);
            isInParams = json.CurrentDepth == 1 ? isParams : isInParams;
            if (!json.Read())
            {
                break;
            }

            if (isId)
            {
                int start = (int)json.TokenStartIndex;
                return message[start..(int)json.BytesConsumed];
            }

            if (!isParams)
            {
                json.Skip();
            }
        }

        return default;
    }
}
