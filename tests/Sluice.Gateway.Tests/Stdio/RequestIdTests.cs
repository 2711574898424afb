using System.Text;

namespace Sluice.Gateway.Tests;

public sealed class RequestIdTests
{
    [Theory]
    [InlineData("7", "7.0")]
    [InlineData("7", "70e-1")]
    [InlineData("7", "0.7E+1")]
    [InlineData("0", "-0.0e5")]
    [InlineData("-1500", "-1.5e3")]
    [InlineData("12345678901234567890123", "12345678901234567890123.0")]
    [InlineData("0.25", "2.50e-1")]
    [InlineData("\"a\"", "\"\\u0061\"")]
    public void AreEqual_SameValue_IsTrue(string one, string other) => AreEqual(one, other).ShouldBeTrue();

    [Theory]
    [InlineData("7", "7.1")]
    [InlineData("7", "-7")]
    [InlineData("7", "\"7\"")]
    [InlineData("12345678901234567890123", "1.2345678901234568e22")]
    [InlineData("\"a\"", "\"A\"")]
    [InlineData("7", "7e99999999999999999999")]
    [InlineData("7", "07")]
    public void AreEqual_OtherValue_IsFalse(string one, string other) => AreEqual(one, other).ShouldBeFalse();

    [Theory]
    [InlineData("7", 7L)]
    [InlineData("7.0", 7L)]
    [InlineData("7e0", 7L)]
    [InlineData("\"7\"", 7L)]
    [InlineData("\"7.0\"", 7L)]
    [InlineData("9223372036854775807.0", long.MaxValue)]
    [InlineData("9223372036854775808.0", null)]
    [InlineData("7.5", null)]
    [InlineData("1e30", null)]
    [InlineData("\"seven\"", null)]
    [InlineData("null", null)]
    [InlineData("", null)]
    public void KeyOf_AsServersRepeatIt_IsTheWholeNumber(string json, long? expected) =>
        MessageParts.KeyOf(Encoding.UTF8.GetBytes(json)).ShouldBe(expected);

    private static bool AreEqual(string one, string other) =>
        RequestId.AreEqual(Encoding.UTF8.GetBytes(one), Encoding.UTF8.GetBytes(other));
}
