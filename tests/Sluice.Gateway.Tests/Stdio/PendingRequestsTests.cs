using System.Text;

namespace Sluice.Gateway.Tests;

public sealed class PendingRequestsTests
{
    private readonly PendingRequests _pending = new();

    [Theory]
    [InlineData("7", "7.0")]
    [InlineData("7", "\"7\"")]
    [InlineData("\"7\"", "7")]
    [InlineData("1.0", "1")]
    [InlineData("\"\\u0061\"", "\"a\"")]
    public void Remove_IdInAnotherSpelling_GivesTheOneOfTheClient(string written, string repeated)
    {
        _pending.TryAdd(Bytes(written)).ShouldBeTrue();

        Text(_pending.Remove(Bytes(repeated).Span, out _)).ShouldBe(written);
        _pending.Remove(Bytes(repeated).Span, out _).ShouldBeNull();
    }

    [Fact]
    public void Remove_IdsOfBothTypes_AreTwoRequests()
    {
        _pending.TryAdd(Bytes("7"));
        _pending.TryAdd(Bytes("\"7\""));

        Text(_pending.Remove(Bytes("\"7\"").Span, out _)).ShouldBe("\"7\"");
        Text(_pending.Remove(Bytes("7").Span, out _)).ShouldBe("7");
    }

    [Fact]
    public void Close_WithRequests_GivesThemOnceAndAcceptsNoMore()
    {
        _pending.TryAdd(Bytes("1"));
        _pending.TryAdd(Bytes("1"));
        _pending.TryAdd(Bytes("2"));
        Task empty = _pending.WhenEmpty();
        empty.IsCompleted.ShouldBeFalse();

        _pending.Close().Select(id => Text(id)).ShouldBe(["1", "1", "2"], ignoreOrder: true);

        empty.IsCompleted.ShouldBeTrue();
        _pending.Close().ShouldBeEmpty();
        _pending.TryAdd(Bytes("3")).ShouldBeFalse();
    }

    [Fact]
    public void WhenEmpty_NothingPending_IsCompleted() => _pending.WhenEmpty().IsCompleted.ShouldBeTrue();

    [Fact]
    public void AddUnattributed_OtherRequestIsAnsweredLater_FailsTheLastOneThen()
    {
        _pending.TryAdd(Bytes("1"));
        _pending.TryAdd(Bytes("2"));
        _pending.AddUnattributed().ShouldBeEmpty();

        _pending.Remove(Bytes("1").Span, out IReadOnlyList<ReadOnlyMemory<byte>> failed);

        failed.Select(id => Text(id)).ShouldBe(["2"]);
        _pending.WhenEmpty().IsCompleted.ShouldBeTrue();
    }

    private static ReadOnlyMemory<byte> Bytes(string text) => Encoding.UTF8.GetBytes(text);

    private static string? Text(ReadOnlyMemory<byte>? id) => id is ReadOnlyMemory<byte> bytes ? Encoding.UTF8.GetString(bytes.Span) : null;
}
