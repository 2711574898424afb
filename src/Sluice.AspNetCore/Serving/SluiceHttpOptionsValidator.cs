using Microsoft.Extensions.Options;

namespace Sluice.AspNetCore;

/// <summary>Checks the ranges of the options when the host starts.</summary>
internal sealed class SluiceHttpOptionsValidator : IValidateOptions<SluiceHttpOptions>
{
    public ValidateOptionsResult Validate(string? name, SluiceHttpOptions options) =>
        options.MaxRequestBytes is < SluiceHttpOptions.MinMaxRequestBytes or > SluiceHttpOptions.MaxMaxRequestBytes
            ? ValidateOptionsResult.Fail(
                $"{nameof(options.MaxRequestBytes)}: {options.MaxRequestBytes} is outside "
                + $"{SluiceHttpOptions.MinMaxRequestBytes} to {SluiceHttpOptions.MaxMaxRequestBytes}.")
            : ValidateOptionsResult.Success;
}
