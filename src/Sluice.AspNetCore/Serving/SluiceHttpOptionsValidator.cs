using Microsoft.Extensions.Options;

namespace Sluice.AspNetCore;

/// <summary>Checks the options when the host starts.</summary>
internal sealed class SluiceHttpOptionsValidator : IValidateOptions<SluiceHttpOptions>
{
    public ValidateOptionsResult Validate(string? name, SluiceHttpOptions options)
    {
        ValidateOptionsResultBuilder result = new();
        if (options.MaxRequestBytes is < SluiceHttpOptions.MaxRequestBytesLowerBound or > SluiceHttpOptions.MaxRequestBytesUpperBound)
        {
            result.AddError(
                $"{options.MaxRequestBytes} is outside {SluiceHttpOptions.MaxRequestBytesLowerBound} "
                    + $"to {SluiceHttpOptions.MaxRequestBytesUpperBound}.",
                nameof(options.MaxRequestBytes));
        }

        if (options.IsIdentifiedTwice)
        {
            result.AddError("It is called twice, and a call has one caller. Remove one of the two.", nameof(options.IdentifyBy));
        }

        return result.Build();
    }
}
