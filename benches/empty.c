/* What the system takes for any process. */
int main(void)
{
    return 0;
}
