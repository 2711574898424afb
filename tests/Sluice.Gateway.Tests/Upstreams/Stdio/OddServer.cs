using System.Diagnostics;
using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Sluice.Gateway.Tests;

/// <summary>The program of the tests: without its word the test platform's own, which does nothing; with it an MCP server.</summary>
/// <remarks>
/// It speaks over its standard streams, and its tools are the ways in which such a server can misbehave. Arguments:
/// <c>odd-server [dies|dies-late|is-deaf|stays|marks|floats]</c>: ends at once; ends after it has answered <c>initialize</c>; never
/// answers; lives on when its input is closed and when it is told to end; begins its output with a byte order mark; writes ids as
/// numbers with a point.
/// </remarks>
internal static class OddServer
{
    internal const string Word = "odd-server";
    internal const int ExitCode = 3;
    private static readonly Stream Output = Console.OpenStandardOutput();
    private static readonly List<JsonNode> Held = [];
    private static readonly List<string> Cancelled = [];
    private static JsonNode? _asking;
    private static bool _writesFloats;

    internal static int Main(string[] args)
    {
        if (args is not [Word, ..])
        {
            return 0;
        }

        string manner = args.Length > 1 ? args[1] : "";
        if (manner == "dies")
        {
            Console.Error.WriteLine("I do not feel well.");
            return ExitCode;
        }

        _writesFloats = manner == "floats";
        if (manner == "marks")
        {
            Output.Write("\uFEFF"u8);
        }

        using IDisposable? deafness = manner != "stays"
            ? null
            : System.Runtime.InteropServices.PosixSignalRegistration.Create(
                System.Runtime.InteropServices.PosixSignal.SIGTERM, context => context.Cancel = true);
        using StreamReader input = new(Console.OpenStandardInput(), Encoding.UTF8);
        while (input.ReadLine() is string line)
        {
            if (manner != "is-deaf" && Take(JsonNode.Parse(line)!, manner))
            {
                return ExitCode;
            }
        }

        if (manner == "stays")
        {
            Thread.Sleep(Timeout.Infinite);
        }

        return 0;
    }

    /// <summary>Takes a message.</summary>
    /// <returns>Whether the program ends.</returns>
    private static bool Take(JsonNode message, string manner)
    {
        switch ((string?)message["method"])
        {
            case null:
                Answer(_asking!, message.ToJsonString());
                return false;
            case "initialize":
                Write($$"""{"result":{"protocolVersion":{{message["params"]!["protocolVersion"]!.ToJsonString()}},"capabilities":{"tools":{} },"serverInfo":{"name":"odd","version":"1"} },"jsonrpc":"2.0","id":{{IdOf(message)}} }""");
                return manner == "dies-late";
            case "notifications/cancelled":
                Cancelled.Add(message["params"]!["requestId"]!.ToJsonString());
                return false;
            case "tools/call":
                return Call(message, (string)message["params"]!["name"]!, message["params"]!["arguments"]);
            case "subscriptions/listen":
                Write($$$"""{"jsonrpc":"2.0","method":"notifications/subscriptions/acknowledged","params":{"_meta":{"io.modelcontextprotocol/subscriptionId":{{{IdOf(message)}}} } } }""");
                return false;
            case "resources/subscribe" or "resources/unsubscribe":
                Write($$"""{"jsonrpc":"2.0","id":{{IdOf(message)}},"result":{"seen":"{{(string?)message["method"]}}"} }""");
                return false;
            default:
                return false;
        }
    }

    private static bool Call(JsonNode message, string tool, JsonNode? arguments)
    {
        switch (tool)
        {
            case "echo":
                Answer(message, (string?)arguments?["text"] ?? "");
                break;
            case "raw":
                Answer(message, message.ToJsonString());
                break;
            case "pid":
                Answer(message, Environment.ProcessId.ToString(CultureInfo.InvariantCulture));
                break;
            case "env":
                Answer(message, Environment.GetEnvironmentVariable((string)arguments!["name"]!) ?? "(none)");
                break;
            case "hold":
                Hold(message, (int)arguments!["until"]!);
                break;
            case "held":
                Answer(message, Held.Count.ToString(CultureInfo.InvariantCulture));
                break;
            case "cancelled":
                Answer(message, string.Join(',', Cancelled));
                break;
            case "progress" or "progress-only":
                Progress(message);
                break;
            case "log":
                Write("""{"jsonrpc":"2.0","method":"notifications/message","params":{"level":"info","data":"about a caller"}}""");
                Answer(message, "logged");
                break;
            case "wait-for-file":
                while (!File.Exists((string)arguments!["path"]!))
                {
                    Thread.Sleep(10);
                }

                Answer(message, "found");
                break;
            case "write":
                Write(((string)arguments!["line"]!).Replace("ID", IdOf(message), StringComparison.Ordinal));
                break;
            case "ask":
                _asking = message;
                Write("""{"jsonrpc":"2.0","id":"q1","method":"sampling/createMessage","params":{}}""");
                break;
            case "change":
                Write("""{"jsonrpc":"2.0","method":"notifications/tools/list_changed"}""");
                Write("""{"jsonrpc":"2.0","method":"notifications/resources/updated","params":{"uri":"file:///a"}}""");
                Answer(message, "changed");
                break;
            default:
                return Misbehave(message, tool);
        }

        return false;
    }

    private static bool Misbehave(JsonNode message, string tool)
    {
        switch (tool)
        {
            case "garbage":
                Write("Starting up ...\n\n{\"jsonrpc\":\"2.0\"}\n[1,2]\n{\"jsonrpc\":\"2.0\",\"id\":1,\"result\":\n\u00ff");
                Write("""{"jsonrpc":"2.0","id":999999,"result":{}}""");
                Answer(message, "behind it all");
                return false;
            case "flood":
                for (int line = 0; line < 20_000; line++)
                {
                    Console.Error.WriteLine(new string('x', 200));
                }

                Answer(message, "flooded");
                return false;
            case "huge":
                Write($$$"""{"result":{"content":[{"type":"text","text":"{{{new string('x', 17 * 1024 * 1024)}}}"}]},"jsonrpc":"2.0","id":{{{IdOf(message)}}}}""");
                return false;
            case "fork":
                using (Process child = Process.Start(new ProcessStartInfo("sleep", "1000"))!)
                {
                    Answer(message, child.Id.ToString(CultureInfo.InvariantCulture));
                }

                return false;
            case "die":
                Output.Write("{\"jsonrpc\":\"2.0\",\"id\":"u8);
                Output.Flush();
                return true;
            case "die-in-stream":
                Progress(message);
                return true;
            default:
                return false; // "hang", and whatever else: no answer.
        }
    }

    /// <summary>Answers once so many calls are there, the last one first.</summary>
    private static void Hold(JsonNode message, int until)
    {
        Held.Add(message);
        if (Held.Count == until)
        {
            foreach (JsonNode held in Enumerable.Reverse(Held))
            {
                Answer(held, (string)held["params"]!["arguments"]!["text"]!);
            }

            Held.Clear();
        }
    }

    private static void Progress(JsonNode message)
    {
        string token = message["params"]!["_meta"]!["progressToken"]!.ToJsonString();
        Write($$$"""{"jsonrpc":"2.0","method":"notifications/progress","params":{"progressToken":{{{token}}},"progress":1}}""");
        if ((string?)message["params"]!["name"] == "progress")
        {
            Answer(message, "done");
        }
    }

    private static void Answer(JsonNode message, string text) => Write(
        $$$"""{"result":{"content":[{"type":"text","text":{{{JsonSerializer.Serialize(text)}}}}]},"jsonrpc":"2.0","id":{{{IdOf(message)}}}}""");

    private static string IdOf(JsonNode message) => message["id"]!.ToJsonString() + (_writesFloats ? ".0" : "");

    private static void Write(string line)
    {
        Output.Write(Encoding.Latin1.GetBytes(line + "\n"));
        Output.Flush();
    }
}
