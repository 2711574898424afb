using System.Text;

namespace Sluice.Mcp.Tests;

/// <summary>Reads a body and says what came of it.</summary>
internal static class Read
{
    internal static McpMessage Message(string body) => Message(Encoding.UTF8.GetBytes(body));

    internal static McpMessage Message(byte[] body)
    {
        McpReader.TryRead(body, out McpMessage? message, out McpReadError? error).ShouldBeTrue(error?.Message);
        error.ShouldBeNull();
        return message.ShouldNotBeNull();
    }

    internal static McpReadError Error(string body) => Error(Encoding.UTF8.GetBytes(body));

    internal static McpReadError Error(byte[] body)
    {
        McpReader.TryRead(body, out McpMessage? message, out McpReadError? error).ShouldBeFalse();
        message.ShouldBeNull();
        error.ShouldNotBeNull().Status.ShouldBe(400);
        return error;
    }

    internal static string Id(McpMessage message) => Encoding.UTF8.GetString(message.Id.Span);

    internal static string Id(McpReadError error) => Encoding.UTF8.GetString(error.Id.Span);
}
