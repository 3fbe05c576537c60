using ApproxNets.Data;
using Xunit;

namespace ApproxNets.Tests.Data;

/// <summary>Files of 16 x 16 pixels, written by cjpeg of libjpeg-turbo 2.1, beside what djpeg of the same makes of them (rows of red, green, blue).</summary>
public sealed class JpegImageTests
{
    private const int Size = 16;

    /// <summary>The pixels of both 4:2:0 files: progressive order changes no coefficient.</summary>
    private const string HalvedChroma =
        "jNcAouEOttoWxc0i07c506VFy5FHs3dSk15od0x6Vjh+Oy2FKSORGx6fHB+8IyfQnNcJseQbx+Qn19w34c1I3rxR0KdVt49elXZzeGCCVEqHOziPJymWGx+kHR25"
        + "IyLIqccPv9gk0uAz3uNB4ttM2c9Uxb9dqKlnipV3a3+ISWSTMkudJjioHyeuJB+5KR7CvLEXz8Yr29Q94t5J3eFO0NtYutRnncRzd7B7WZyLO4GbKmeoJE+1JDu7"
        + "Li7CNSnHzpMb3asy4r9B4tFP1dxSwOBbqd9viNh5ZMyBRb2QLKSlIIu1I3K/KlrIOUbQQj3V1nQd4Ywy4aVF27xSyM1Xr9ZhlN10ctt+UtyHN9OWI8CtHay9JZPG"
        + "MnrORWLYT1fe2lki4XA22olIzaFYt7VinMRsg9J/Y9iHQt2PLd2dHdWxHsi/LbTIP53RWIXgY3no1T8k2lQ3zGlKu4FcoZZoh6l2cb6IUsqNO9qaJ96lH9+2JdjD"
        + "OcrNULjTbKXcepve1DAuzDo6vE5Pp2NkjHd0cYuAWp+MQ7GUM8mkJNOsJd68MuDJStbXbtXegLzElb7E0ic5xi1CrzhWlEdpeFl7X22IS4WTN5mcJqylKcW3LtXD"
        + "OdbLXdrgfdnWod23lMGKzyFCviJJoyNchSxuZDp8TEyIOWOTKXedJZOuJai6NL7JTM7bc9rtkN7Rs+qWptRayCpNsyRSlh5ldSB1ViiCPTWLLEeUHlmdJ3i3Joe+"
        + "PqPRX7vggcjkqN7GsNtov+NDuz9bpTJdgyNrZB15Rh2FLySNIzKXHEChIFK1NmzMT4XdbJnakrHNtsymucxMzt8xq1ppkkdmbzFwUCJ8NxuKJBqUHSObHS2nJDe4"
        + "Q1HUXWPff3/Vq6S2saZwy74+3dAqlXx3fmZzXkp7QzaGLiaWIB2eHB+iJCOvNirITDPVbkbklmfPsYOGtIU/1qQz57UujpGAd3t8XF6HRUiVMjSlIyarISCoKCC0"
        + "PiTPTyTWez3qllDAmVhUvnwu0o8m4Jsi";

    /// <summary>4:2:0, cjpeg -quality 90 -sample 2x2.</summary>
    private static readonly (string File, string Pixels) HalfChroma = (
            "/9j/4AAQSkZJRgABAQAAAQABAAD/2wBDAAMCAgMCAgMDAwMEAwMEBQgFBQQEBQoHBwYIDAoMDAsKCwsNDhIQDQ4RDgsLEBYQERMUFRUVDA8XGBYUGBIUFRT/2wBD"
            + "AQMEBAUEBQkFBQkUDQsNFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBT/wAARCAAQABADASIAAhEBAxEB/8QAFgABAQEA"
            + "AAAAAAAAAAAAAAAACAYH/8QAJRAAAAQFAwUBAAAAAAAAAAAAAQIDBQAGBxESBBRREyExQWGB/8QAFQEBAQAAAAAAAAAAAAAAAAAABAX/xAAgEQABAwQCAwAAAAAA"
            + "AAAAAAABAgMFAAYSIQRhBxGx/9oADAMBAAIRAxEAPwDemyaJemuUioqCl1jJ29X8QT6sUA1Ls9H1jYQRLlcMAiBmSdH6nr9tQMoCRTW+QrKDVNb5iZSEcRLuFgwL"
            + "kPcOR/OebQi1IJzx5GOXCDkylORHwDsnQ7NS7qZk3Z1rhQCs+Ik7A2PVf//Z",
            HalvedChroma);

    /// <summary>4:4:4, cjpeg -quality 90 -sample 1x1.</summary>
    private static readonly (string File, string Pixels) FullChroma = (
            "/9j/4AAQSkZJRgABAQAAAQABAAD/2wBDAAMCAgMCAgMDAwMEAwMEBQgFBQQEBQoHBwYIDAoMDAsKCwsNDhIQDQ4RDgsLEBYQERMUFRUVDA8XGBYUGBIUFRT/2wBD"
            + "AQMEBAUEBQkFBQkUDQsNFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBT/wAARCAAQABADAREAAhEBAxEB/8QAFgABAQEA"
            + "AAAAAAAAAAAAAAAACAYH/8QAJRAAAAQFAwUBAAAAAAAAAAAAAQIDBQAGBxESBBRREyExQWGB/8QAGAEAAgMAAAAAAAAAAAAAAAAABgcFCAn/xAAjEQABAwQBBQEB"
            + "AAAAAAAAAAABAgMRAAQFBgcSISIx8BQy/9oADAMBAAIRAxEAPwDemyaJemuUioqCl1jJ29X8RWPB4K7s7oKAMVPZ8P6VbEN9oon1YoBqXZ6PrGwgiXK4YBGgGi5J"
            + "DLKW3qRWO3Vefvww+ZE1AzJOj9T1+2oGUBIprfIGdU161ybCVx3p/wDIOYtNkBZZIJNKyg1TW+YmUhHES7hYMC5D3Dkfznm0DfKa3dNwqzZKh97wRBgif6WIIUOl"
            + "PpQnpWUSINJrWeN7hm7/AGBPiO/33qv/2Q==",
            "ft4BneMTutcd0MYm3LMz359H2IhXxW1Vp1RoiURxaC6CUB+VNBqhGh2qFyO3JCjHk90EsOYWzeIh4Nos58064bxK06VavoxZnHJzfV95XEWJRDGaKyWjFyCtGh+7"
            + "KB/IpsoIwNoZ1+Al5eIx5d091tFPwMJfpaxfhpZ7ZoOBRWaPMUufIjmrFyq0IR/CMxfOubMXz8cn3tUy5N893eJIyd9Zrtlukspxb7OAT6KGMYeUI2yjGlWxGkC9"
            + "LS3NRR7ZyJYd164u38I44NRE1N1OuuJenuR0gNx3YcuJRL2QKKecHY6sG3e6IV/GOkXVUzLh1HUb3Y8t4Kg7275Iyc1SrNhfi+FybN93UdqSONGYIsKmHa21IJe/"
            + "K37KRWLYYE3k4VQm5W043YhH0aBTu7RcmsVpedh8W96BO+CUKt6fHNatHsi7KbbHOqDRWIbedW/p4jcw4U9C0mZMv39ZpZVihKxuY8aDR9CKKuOVHeShGeOzItrC"
            + "M83PSbrabKLqi4716CQ42TJGxkdYrl9lkXZtbo53SqeINbiWIdOjHdatGOiuL+DMQNzPWd3qe7jkoKz/5B081CRIvDFaoUFmg1ZtZG54RYmKMpyYHbCqG821KtbG"
            + "MNrNTePXcdrvl9fzptIA2RxExxxQqx5gjiducDV1UEx/NmWPJnieIpSuHay9McDEQdnEY+Pkitr1rtn8u9kFyihPtiFZmRtsehx8WSaFOzWNJEuaGFqmInywKoa1"
            + "MqbhVMHgdMz0m9r7ueoFzeEowjxVqi5ghyBxZxqCRhyMKySUHDSiFkCuHFO6OWzHQ4rkX5/dh7PgrcD6w9cA1eMHtlddmkNjdS5yUx+BNxqOJBqXHiCnICm2JTLO"
            + "QFPTYGLZeH7sp5j9vLMOzsQX4c8nnHxlg2ZrXkt5PziIKCmVHh6gIBqwKR2/OijMTTHeeT/sl2HruGf/yoQK26gO5rcthphubINzTGeCMVOTHj+gGCypHx64KxvG"
            + "QyHNYRndhjfopkDssVwA1nQb6IUf25wo");

    /// <summary>as the first, -progressive.</summary>
    private static readonly (string File, string Pixels) Progressive = (
            "/9j/4AAQSkZJRgABAQAAAQABAAD/2wBDAAMCAgMCAgMDAwMEAwMEBQgFBQQEBQoHBwYIDAoMDAsKCwsNDhIQDQ4RDgsLEBYQERMUFRUVDA8XGBYUGBIUFRT/2wBD"
            + "AQMEBAUEBQkFBQkUDQsNFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBT/wgARCAAQABADASIAAhEBAxEB/8QAFgABAQEA"
            + "AAAAAAAAAAAAAAAABwUG/8QAFQEBAQAAAAAAAAAAAAAAAAAAAwT/2gAMAwEAAhADEAAAAd6TwFZJf//EABcQAQEBAQAAAAAAAAAAAAAAAAMEBQL/2gAIAQEAAQUC"
            + "OqeqTWwOlam1898HTOgf/8QAGhEAAgIDAAAAAAAAAAAAAAAAAgQBAwAFEf/aAAgBAwEBPwHagyTw0oT2qM//xAAbEQABBAMAAAAAAAAAAAAAAAACAAEEBQYRMf/a"
            + "AAgBAgEBPwGqglj0YrDoM21//8QAGxAAAgIDAQAAAAAAAAAAAAAAABEBEgMhIzL/2gAIAQEABj8CUpovjK7R09Sf/8QAGRAAAwEBAQAAAAAAAAAAAAAAAAERITFB"
            + "/9oACAEBAAE/IVLZDWnL4afBiGo4qn//2gAMAwEAAgADAAAAEAP/xAAXEQADAQAAAAAAAAAAAAAAAAABESEA/9oACAEDAQE/EGftQKFv/8QAGBEBAAMBAAAAAAAA"
            + "AAAAAAAAAQAhYbH/2gAIAQIBAT8QNrYDgatGs//EABwQAAICAgMAAAAAAAAAAAAAAAERACExUUFhgf/aAAgBAQABPxA3FRw8Qss2BYgAKdQ46Fyxs+b2p//Z",
            HalvedChroma);

    /// <summary>one component, cjpeg -quality 90 -grayscale.</summary>
    private static readonly (string File, string Pixels) Grey = (
            "/9j/4AAQSkZJRgABAQAAAQABAAD/2wBDAAMCAgMCAgMDAwMEAwMEBQgFBQQEBQoHBwYIDAoMDAsKCwsNDhIQDQ4RDgsLEBYQERMUFRUVDA8XGBYUGBIUFRT/wAAL"
            + "CAAQABABAREA/8QAFwAAAwEAAAAAAAAAAAAAAAAABQcICf/EACEQAAECBQUBAAAAAAAAAAAAAAMBAgAEBQcRBggSIUFR/9oACAEBAAA/AKkuHqWn2Wtm4A3MEVoc"
            + "ddeRlVqmrVC9lzlGxXmE42PvsPXe3fcuo6yWjyJlc3krMNWD2xuwb6hOCrM+DKZ55ckf/9k=",
            "f39/oKCgvb290tLS39/f4+Pj2traxsbGra2tjIyMampqSkpKMTExISEhGRkZHx8flJSUsrKyy8vL29vb4eHh3t7e0NDQuLi4mJiYeHh4WFhYPDw8KSkpHh4eHBwc"
            + "JycnpqamwsLC19fX4uLi4uLi19fXw8PDp6enhISEZGRkRkZGLS0tHx8fGxsbICAgMDAwtbW1zc3N3Nzc4uLi3d3dzMzMsrKylJSUc3NzVFRUODg4JCQkGxsbHR0d"
            + "KSkpPz8/xsbG2dnZ4eHh4ODg1NTUvb29n5+ff39/X19fQkJCKysrHR0dGxsbJCQkNzc3UVFR1dXV4uLi4uLi2trayMjIra2tjY2NbGxsS0tLMjIyISEhGxsbHh4e"
            + "LCwsREREYWFh29vb4+Pj3Nzczc3Nt7e3mZmZeXl5WFhYPDw8JiYmHBwcHR0dJycnOjo6VVVVdnZ239/f4uLi1tbWwsLCqKioh4eHZmZmRUVFMDAwHh4eGhoaIiIi"
            + "MjIySUlJaGhoi4uL4+Pj2tray8vLsrKykZGRcnJyUVFRNzc3IyMjHBwcHR0dLCwsQEBAW1tbf39/nZ2d39/f0tLSvr6+oqKif39/YGBgQkJCKioqHx8fHBwcIyMj"
            + "Nzc3UFBQbW1tkpKSr6+v2dnZx8fHra2tjY2NampqTExMMzMzICAgGxsbHh4eLS0tRkZGY2Njg4ODp6enwcHB0NDQuLi4mpqaenp6WFhYPDw8KSkpHR0dHBwcJSUl"
            + "OTk5VlZWdnZ2lpaWt7e3zs7Ow8PDp6enhYWFZmZmRkZGLi4uICAgGhoaISEhMDAwSkpKaWlpiYmJqqqqxsbG19fXs7OzlJSUcXFxVFRUNzc3IyMjHBwcGxsbKSkp"
            + "Pj4+XFxcfX19nZ2du7u70tLS3t7eoKCgfn5+XFxcQkJCKysrHR0dHR0dIyMjNzc3UFBQcnJykpKSsLCwysrK29vb4eHhjo6ObGxsS0tLNTU1IyMjGhoaICAgKioq"
            + "RkZGYWFhhISEpKSkv7+/1dXV4ODg4uLi");

    public static TheoryData<string, string, int> Files => new()
    {
        // Full chroma: both inverse transforms round. Half chroma: both interpolate it, with other rounding.
        { HalfChroma.File, HalfChroma.Pixels, 4 },
        { FullChroma.File, FullChroma.Pixels, 3 },
        { Progressive.File, Progressive.Pixels, 4 },
        { Grey.File, Grey.Pixels, 1 },
    };

    [Theory]
    [MemberData(nameof(Files))]
    public void PixelsAreThoseOfLibjpeg(string file, string pixels, int tolerance)
    {
        byte[] expected = Convert.FromBase64String(pixels);
        var found = new byte[3 * Size * Size];
        JpegImage.Decode("a.JPEG", Convert.FromBase64String(file), Size, found);
        for (int i = 0; i < expected.Length; i++)
        {
            Assert.InRange(found[((i % 3) * Size * Size) + (i / 3)], expected[i] - tolerance, expected[i] + tolerance);
        }
    }

    [Fact]
    public void AGreyFileBecomesThreeEqualChannels()
    {
        var found = new byte[3 * Size * Size];
        JpegImage.Decode("a.JPEG", Convert.FromBase64String(Grey.File), Size, found);
        Assert.Equal(found[..(Size * Size)], found[(Size * Size)..(2 * Size * Size)]);
        Assert.Equal(found[..(Size * Size)], found[(2 * Size * Size)..]);
        Assert.True(found.Max() > found.Min() + 100);
    }

    [Fact]
    public void DamagedAndWronglySizedFilesAreNamed()
    {
        byte[] whole = Convert.FromBase64String(HalfChroma.File);
        string Refusal(byte[] file, int size = Size) =>
            Assert.Throws<InvalidDataException>(() => JpegImage.Decode("a.JPEG", file, size, new byte[3 * size * size])).Message;
        Assert.Contains("'a.JPEG': found 16 x 16 pixels, expected a whole JPEG file of 64 x 64", Refusal(whole, 64));
        Assert.Contains("'a.JPEG': found 416 bytes without a JPEG file's last two", Refusal(whole[..^1]));
        Assert.Contains("'a.JPEG': found 0 bytes without a JPEG file's first two", Refusal([]));
        Assert.Contains("'a.JPEG': found damaged data", Refusal([0xFF, 0xD8, 0xFF, 0xD9]));
    }
}
